import { Worker } from 'node:worker_threads'
import { VigiaError } from '@vigia/protocol'
import { directoryInUse, fromSqlFailure, noEncryption, storageFailed } from '../errors.ts'
import type { SqlOutcome, SqlReady, SqlReply, SqlRequest, SqlResult, SqlStatement, SqlUnit, SqlWorkerData } from './messages.ts'

/** Units that wait for the database at most; more means the disk stands still. */
const MAX_WAITING = 10_000
/** Units of one commit at most, so that no caller waits long for its neighbours. */
const MAX_GROUP = 512

/** A right to the connection alone, held while an interactive transaction runs. */
export type SqlLock = symbol

/** The database thread as the store sees it. */
export interface SqlClient {
  /** Runs the statements in one transaction. Durable when it resolves. @throws VigiaError `storage_*`, `overloaded`; ConstraintError */
  atomic(statements: readonly SqlStatement[]): Promise<SqlResult[]>
  /** Runs one statement as it is: pragmas, vacuum, and the statements of an interactive transaction. */
  plain(statement: SqlStatement, lock?: SqlLock): Promise<SqlResult>
  /** Runs text without parameters or results to its end. */
  script(sql: string): Promise<void>
  /** Waits until the connection is free and keeps it; `unlock` gives it back. */
  lock(): Promise<SqlLock>
  unlock(lock: SqlLock): void
  /** Ends the thread after what waits. */
  close(): Promise<void>
}

interface Waiting {
  unit: SqlUnit
  lock: SqlLock | null
  settle: (outcome: SqlOutcome) => void
}

/**
 * Starts the thread, locks the data directory and opens the database.
 *
 * @throws VigiaError `conflict` when another process holds the directory; `storage_failed`, `storage_corrupt`, `encryption_unavailable`
 */
export async function openSqlClient(data: SqlWorkerData): Promise<SqlClient> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { workerData: data, name: 'vigia-store' })
  await started(worker, data.lockPath)
  return new WorkerSqlClient(worker)
}

async function started(worker: Worker, lockPath: string): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<SqlReady>()
  worker.once('message', resolve)
  worker.once('error', reject)
  const { ready } = await promise.catch((error: unknown) => {
    throw storageFailed('database', error)
  })
  worker.removeListener('error', reject)
  if (ready === true) return
  await worker.terminate()
  if (ready.missing) throw noEncryption(ready.failure.message)
  if (!ready.locked) throw fromSqlFailure(ready.failure)
  throw directoryInUse(lockPath)
}

class WorkerSqlClient implements SqlClient {
  readonly #worker: Worker
  readonly #exited: Promise<void>
  #waiting: Waiting[] = []
  #inFlight: Waiting[] = []
  #holder: SqlLock | null = null
  #lockQueue: ((lock: SqlLock) => void)[] = []
  #requests = 0
  #closing = false
  #dead: Error | null = null

  constructor(worker: Worker) {
    this.#worker = worker
    worker.on('message', (reply: SqlReply) => this.#receive(reply))
    worker.on('error', (error) => this.#die(error))
    this.#exited = new Promise((resolve) => {
      worker.on('exit', () => {
        this.#die(new Error('the database thread ended'))
        resolve()
      })
    })
  }

  async atomic(statements: readonly SqlStatement[]): Promise<SqlResult[]> {
    return await this.#submit({ kind: 'atomic', statements }, null)
  }

  async plain(statement: SqlStatement, lock?: SqlLock): Promise<SqlResult> {
    const [result] = await this.#submit({ kind: 'plain', statements: [statement] }, lock ?? null)
    return result!
  }

  async script(sql: string): Promise<void> {
    await this.#submit({ kind: 'script', statements: [{ sql, parameters: [] }] }, null)
  }

  async lock(): Promise<SqlLock> {
    return await new Promise((resolve) => {
      this.#lockQueue.push(resolve)
      this.#pump()
    })
  }

  unlock(lock: SqlLock): void {
    if (this.#holder === lock) this.#holder = null
    this.#pump()
  }

  async close(): Promise<void> {
    this.#closing = true
    this.#pump()
    await this.#exited
  }

  async #submit(unit: SqlUnit, lock: SqlLock | null): Promise<SqlResult[]> {
    if (this.#dead || this.#closing) throw storageFailed('database', this.#dead ?? new Error('the store is closed'))
    if (this.#waiting.length >= MAX_WAITING) {
      throw new VigiaError('overloaded', `The database has ${MAX_WAITING} requests waiting.`, { hint: 'Try again later.' })
    }
    const outcome = await new Promise<SqlOutcome>((settle) => {
      this.#waiting.push({ unit, lock, settle })
      this.#pump()
    })
    if (!outcome.ok) throw fromSqlFailure(outcome.failure)
    return outcome.results
  }

  /** Sends the next group when the thread is free: all atomic units that wait share one commit. */
  #pump(): void {
    if (this.#inFlight.length > 0 || this.#dead) return
    this.#grantLock()
    this.#inFlight = this.#takeGroup()
    if (this.#inFlight.length > 0) {
      const request: SqlRequest = { id: ++this.#requests, units: this.#inFlight.map(({ unit }) => unit) }
      this.#worker.postMessage(request)
    } else if (this.#closing && this.#waiting.length === 0) this.#worker.postMessage('close')
  }

  #grantLock(): void {
    if (this.#holder !== null) return
    const next = this.#lockQueue.shift()
    if (!next) return
    this.#holder = Symbol('connection')
    next(this.#holder)
  }

  #takeGroup(): Waiting[] {
    const index = this.#waiting.findIndex((item) => item.lock === this.#holder)
    if (index < 0) return []
    if (this.#holder !== null || this.#waiting[index]?.unit.kind !== 'atomic') return this.#waiting.splice(index, 1)
    const rest = this.#waiting.findIndex((item, at) => at > index && (item.unit.kind !== 'atomic' || item.lock !== null))
    const end = Math.min(rest < 0 ? this.#waiting.length : rest, index + MAX_GROUP)
    return this.#waiting.splice(index, end - index)
  }

  #receive(reply: SqlReply): void {
    const group = this.#inFlight
    this.#inFlight = []
    for (const [index, item] of group.entries()) item.settle(reply.outcomes[index]!)
    this.#pump()
  }

  #die(error: unknown): void {
    if (this.#dead) return
    this.#dead = error instanceof Error ? error : new Error(String(error))
    const failure = { message: this.#dead.message, errcode: null }
    for (const item of [...this.#inFlight, ...this.#waiting]) item.settle({ ok: false, failure })
    this.#inFlight = []
    this.#waiting = []
  }
}
