/** What the store and its database thread say to each other. */

export type SqlValue = string | number | bigint | null | Uint8Array

export interface SqlStatement {
  sql: string
  parameters: readonly unknown[]
}

/**
 * `atomic` statements happen together or not at all. A `plain` one runs as it is, outside a transaction of ours. A `script` is
 * text without parameters or results, for what must be stepped to its end: vacuum, some pragmas.
 */
export interface SqlUnit {
  kind: 'atomic' | 'plain' | 'script'
  statements: readonly SqlStatement[]
}

export interface SqlResult {
  rows: Record<string, unknown>[]
  changes: number
  lastId: number
}

/** An error of the database engine as it crosses the thread. `errcode` is SQLite's extended result code. */
export interface SqlFailure {
  message: string
  errcode: number | null
}

export type SqlOutcome = { ok: true; results: SqlResult[] } | { ok: false; failure: SqlFailure }

export interface SqlRequest {
  id: number
  units: readonly SqlUnit[]
}

/** One outcome per unit of the request, in order. */
export interface SqlReply {
  id: number
  outcomes: SqlOutcome[]
}

/** First message of the thread: whether the files could be opened and locked. */
export interface SqlReady {
  /** `missing`: there is no database engine that encrypts. */
  ready: true | { failure: SqlFailure; locked: boolean; missing?: boolean }
}

export interface SqlWorkerData {
  databasePath: string
  lockPath: string
  /** Of an encrypted database: 32 bytes in hex. */
  key?: string | null
}
