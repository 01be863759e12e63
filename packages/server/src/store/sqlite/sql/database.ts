import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { DatabaseSync } from 'node:sqlite'
import type { SqlValue } from './messages.ts'

/**
 * One connection, as the database thread uses it: Node's own SQLite, or, for an encrypted directory, that of `libsql`
 * (SQLite3 Multiple Ciphers: each page and each frame of the log under AES-256), an optional dependency.
 */
export interface SqlDatabase {
  prepare(sql: string): SqlPrepared
  exec(sql: string): void
  readonly isTransaction: boolean
  close(): void
}

export interface SqlPrepared {
  columns(): readonly unknown[]
  all(...values: SqlValue[]): unknown[]
  run(...values: SqlValue[]): { changes: number | bigint; lastInsertRowid: number | bigint }
}

export interface OpenDatabaseOptions {
  /** 32 bytes in hex; null for a plain file. */
  key: string | null
  /** How long a busy database is waited for, ms. */
  timeoutMs?: number
  /** Nothing will be written; an encrypted one is opened as always. */
  readOnly?: boolean
}

/** The part of `libsql` used here. */
interface LibsqlStatement {
  columns(): unknown[]
  all(values: SqlValue[]): Record<string, unknown>[]
  run(values: SqlValue[]): { changes: number; lastInsertRowid: number }
}
interface Libsql {
  prepare(sql: string): LibsqlStatement
  exec(sql: string): void
  readonly inTransaction: boolean
  close(): void
}
type LibsqlClass = new (path: string, options?: { timeout?: number }) => Libsql

/** `libsql` is not installed, or not for this machine. */
export class NoEncryptedDatabase extends Error {
  override readonly name = 'NoEncryptedDatabase'
}

const PLAIN_HEADER = 'SQLite format 3\0'

/** @throws NoEncryptedDatabase; errors of SQLite with `errcode`, `SQLITE_NOTADB` (26) for another key */
export function openDatabase(path: string, { key, timeoutMs = 0, readOnly = false }: OpenDatabaseOptions): SqlDatabase {
  if (key === null) return new DatabaseSync(path, { timeout: timeoutMs, readOnly })
  if (!existsSync(path) || statSync(path).size === 0) createEncrypted(path, key)
  return new EncryptedDatabase(openKeyed(path, key, timeoutMs))
}

/**
 * A file of one page, so that what is looked at is what a library that took the key wrote. A file that is there and not encrypted is
 * refused by the first statement; closing a descriptor of it here would give up the locks of this process.
 */
function createEncrypted(path: string, key: string): void {
  const db = openKeyed(path, key, 0)
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA user_version = 0')
  db.close()
  if (isPlain(path)) throw new Error('the database is not encrypted')
}

function openKeyed(path: string, key: string, timeout: number): Libsql {
  const db = openLibsql(path, timeout)
  try {
    setKey(db, 'key', key)
    db.prepare('SELECT count(*) FROM sqlite_master').all([])
    return db
  } catch (error) {
    db.close()
    throw toSqlError(error)
  }
}

/** Encrypts a plain database file, decrypts an encrypted one, or changes its key, in place. Nobody else may use it. */
export function rekeyDatabase(path: string, from: string | null, to: string | null): void {
  const db = from === null ? openLibsql(path, 0) : openKeyed(path, from, 0)
  try {
    db.exec('PRAGMA journal_mode = DELETE')
    if (to === null) db.prepare(`PRAGMA rekey = ''`).all([])
    else setKey(db, 'rekey', to)
  } finally {
    db.close()
  }
  if (isPlain(path) !== (to === null)) throw new Error('the database kept its key')
}

function setKey(db: Libsql, pragma: 'key' | 'rekey', key: string): void {
  if (!/^[0-9a-f]{64}$/.test(key)) throw new Error('expected a key of 32 bytes in hex')
  db.prepare(`PRAGMA cipher = 'aes256cbc'`).all([])
  const [row] = db.prepare(`PRAGMA hex${pragma} = '${key}'`).all([])
  if (row?.ok !== 'ok') throw new Error('the database took no key')
}

function openLibsql(path: string, timeout: number): Libsql {
  let Database: LibsqlClass
  try {
    Database = createRequire(import.meta.url)('libsql') as LibsqlClass
  } catch (cause) {
    throw new NoEncryptedDatabase('libsql cannot be loaded', { cause })
  }
  return new Database(path, { timeout })
}

function isPlain(path: string): boolean {
  const file = openSync(path, 'r')
  try {
    const start = Buffer.alloc(PLAIN_HEADER.length)
    readSync(file, start, 0, start.length, 0)
    return start.toString('latin1') === PLAIN_HEADER
  } finally {
    closeSync(file)
  }
}

class EncryptedDatabase implements SqlDatabase {
  readonly #db: Libsql

  constructor(db: Libsql) {
    this.#db = db
  }

  get isTransaction(): boolean {
    return this.#db.inTransaction
  }

  prepare(sql: string): SqlPrepared {
    const statement = guarded(() => this.#db.prepare(sql))
    return {
      columns: () => statement.columns(),
      all: (...values) => guarded(() => statement.all(values.map(checked)).map(withBytes)),
      run: (...values) => guarded(() => statement.run(values.map(checked))),
    }
  }

  exec(sql: string): void {
    guarded(() => this.#db.exec(sql))
  }

  /** The library keeps the file open until its statements are collected: the log is emptied now. */
  close(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // another reader holds it: the next opening does it
    }
    this.#db.close()
  }
}

/** The library aborts the process over a value that it does not know. */
function checked(value: SqlValue | boolean): SqlValue {
  if (typeof value === 'boolean') return Number(value) // as Node does
  const isKnown =
    value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || isBytes(value)
  if (isKnown) return value
  throw new TypeError(`Expected a value of SQLite, got ${typeof value}.`)
}

const isBytes = (value: unknown): boolean => value instanceof Uint8Array

/** Node gives blobs as bytes. */
function withBytes(row: Record<string, unknown>): Record<string, unknown> {
  for (const [name, value] of Object.entries(row)) if (value instanceof ArrayBuffer) row[name] = new Uint8Array(value)
  return row
}

function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw toSqlError(error)
  }
}

/** With SQLite's result code where Node has it. */
function toSqlError(error: unknown): unknown {
  const { rawCode } = error as { rawCode?: number }
  return rawCode === undefined ? error : Object.assign(error as Error, { errcode: rawCode })
}
