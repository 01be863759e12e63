import { DatabaseSync } from 'node:sqlite'
import { fromSqlFailure } from '../../src/store/sqlite/errors.ts'
import type { SqlClient } from '../../src/store/sqlite/sql/client.ts'
import type { SqlResult, SqlUnit } from '../../src/store/sqlite/sql/messages.ts'
import { unitRunner } from '../../src/store/sqlite/sql/unit-runner.ts'

/** The store's database in this thread, on a real file: for tests that open a store hundreds of times. One caller at a time. */
export function openInlineSql(path: string): SqlClient {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  const runner = unitRunner(db)
  const run = (unit: SqlUnit): SqlResult[] => {
    const [outcome] = runner([unit])
    if (!outcome!.ok) throw fromSqlFailure(outcome!.failure)
    return outcome!.results
  }
  return {
    atomic: async (statements) => run({ kind: 'atomic', statements }),
    plain: async (statement) => run({ kind: 'plain', statements: [statement] })[0]!,
    script: async (sql) => void run({ kind: 'script', statements: [{ sql, parameters: [] }] }),
    lock: async () => Symbol('lock'),
    unlock: () => {},
    close: async () => db.close(),
  }
}
