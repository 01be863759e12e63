import { DatabaseSync } from 'node:sqlite'
import { fromSqlFailure } from '../../../src/store/sqlite/errors.ts'
import type { SqlClient, SqlLock } from '../../../src/store/sqlite/sql/client.ts'
import type { SqlOutcome, SqlResult, SqlUnit } from '../../../src/store/sqlite/sql/messages.ts'
import { unitRunner } from '../../../src/store/sqlite/sql/unit-runner.ts'
import type { Life } from './life.ts'

// Result codes of SQLite (sqlite.org/rescode.html).
const SQLITE_IOERR = 10
const SQLITE_FULL = 13
const COMMIT_MS = 4

/**
 * The rows: a real SQLite in memory that outlives the server. It takes SQLite at its word (what was committed stays, what was
 * not is gone; `crash-states.test.ts` puts that to the test on real files): a death may come before a commit, or between a
 * commit and its answer.
 */
export class SimSql {
  readonly #random: () => number
  readonly #db = new DatabaseSync(':memory:')
  readonly #run: (units: readonly SqlUnit[]) => SqlOutcome[]
  failing = 0

  constructor(random: () => number) {
    this.#random = random
    this.#db.exec('PRAGMA foreign_keys = ON')
    this.#run = unitRunner(this.#db)
  }

  /** The process is gone: what was open is rolled back. */
  crash(): void {
    if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
  }

  close(): void {
    this.#db.close()
  }

  /** The database as one run of the server uses it. */
  mount(life: Life): SqlClient {
    let queue: Promise<unknown> = Promise.resolve()
    let lock: Promise<void> = Promise.resolve()
    const unlocks = new Map<SqlLock, () => void>()
    const submit = (unit: SqlUnit): Promise<SqlResult[]> => {
      const done = queue.then(() => this.#submit(life, unit))
      queue = done.catch(() => {})
      return done
    }
    return {
      atomic: async (statements) => {
        await lock
        return await submit({ kind: 'atomic', statements })
      },
      plain: async (statement) => (await submit({ kind: 'plain', statements: [statement] }))[0]!,
      script: async (sql) => void (await submit({ kind: 'script', statements: [{ sql, parameters: [] }] })),
      lock: async () => {
        const before = lock
        const mine: SqlLock = Symbol('lock')
        lock = new Promise((resolve) => unlocks.set(mine, resolve))
        await before
        return mine
      },
      unlock: (held) => unlocks.get(held)?.(),
      close: async () => void (await queue),
    }
  }

  async #submit(life: Life, unit: SqlUnit): Promise<SqlResult[]> {
    await life.wait(this.#random() * COMMIT_MS)
    if (unit.kind === 'atomic' && this.#random() < this.failing) {
      throw fromSqlFailure({ message: 'injected', errcode: this.#random() < 0.5 ? SQLITE_IOERR : SQLITE_FULL })
    }
    const [outcome] = this.#run([unit])
    await life.wait(this.#random() * COMMIT_MS)
    if (!outcome!.ok) throw fromSqlFailure(outcome!.failure)
    return outcome!.results
  }
}
