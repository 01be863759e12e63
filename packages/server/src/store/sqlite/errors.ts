import { VigiaError } from '@vigia/protocol'
import type { SqlFailure } from './sql/messages.ts'

// Primary result codes of SQLite (sqlite.org/rescode.html).
const SQLITE_FULL = 13
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26
const SQLITE_CONSTRAINT = 19
// Extended ones.
const SQLITE_CONSTRAINT_FOREIGNKEY = 787
const SQLITE_CONSTRAINT_PRIMARYKEY = 1555
const SQLITE_CONSTRAINT_UNIQUE = 2067

const FULL_CODES = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** A rule of the schema said no: not a failure of the disk. Callers turn it into an error of their subject. */
export class ConstraintError extends Error {
  override readonly name = 'ConstraintError'
  readonly rule: 'foreign_key' | 'unique' | 'other'

  constructor(failure: SqlFailure) {
    super(failure.message)
    this.rule = constraintRule(failure.errcode)
  }
}

function constraintRule(errcode: number | null): ConstraintError['rule'] {
  if (errcode === SQLITE_CONSTRAINT_FOREIGNKEY) return 'foreign_key'
  if (errcode === SQLITE_CONSTRAINT_PRIMARYKEY || errcode === SQLITE_CONSTRAINT_UNIQUE) return 'unique'
  return 'other'
}

/** An error of the database as ours. */
export function fromSqlFailure(failure: SqlFailure): Error {
  const code = (failure.errcode ?? 0) % 256
  const cause = new Error(failure.message)
  if (code === SQLITE_CONSTRAINT) return new ConstraintError(failure)
  if (code === SQLITE_FULL) return storageFull('database', cause)
  if (code === SQLITE_CORRUPT || code === SQLITE_NOTADB) {
    return new VigiaError('storage_corrupt', 'The database file is damaged.', {
      hint: 'Restore the data directory from a backup; audio files beside it are independent of the database.',
      cause,
    })
  }
  return storageFailed('database', cause)
}

/** An error of the file system as ours. `what` names the kind of file, never its content. */
export function fromFileError(what: string, error: unknown): VigiaError {
  if (VigiaError.is(error)) return error
  const code = (error as NodeJS.ErrnoException | null)?.code
  return code !== undefined && FULL_CODES.has(code) ? storageFull(what, error) : storageFailed(what, error)
}

function storageFull(what: string, cause: unknown): VigiaError {
  return new VigiaError('storage_full', `The disk is full: the ${what} could not be written.`, {
    hint: 'Free space on the disk of the data directory; what was acknowledged is safe.',
    cause,
  })
}

export function storageFailed(what: string, cause: unknown): VigiaError {
  return new VigiaError('storage_failed', `The ${what} could not be read or written.`, {
    hint: 'Check the disk and the permissions of the data directory.',
    cause,
  })
}

export function directoryInUse(lockPath: string): VigiaError {
  return new VigiaError('conflict', `The data directory is in use by another process (${lockPath} is locked).`, {
    hint: 'Stop the other server, or give this one its own directory with --data-dir.',
  })
}

export function noEncryption(cause: unknown): VigiaError {
  return new VigiaError('encryption_unavailable', 'The database engine of encrypted data directories is not installed.', {
    hint: 'Install it with "npm ci" without --omit=optional; it comes for Linux, macOS and Windows on x64 and arm64.',
    cause,
  })
}

export function sessionNotFound(id: string): VigiaError {
  return new VigiaError('session_not_found', `There is no session "${id}".`)
}
