/** The database thread: the only place where SQL runs, so that a slow disk never stops the event loop. */
import { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import type { SqlReady, SqlReply, SqlRequest, SqlWorkerData } from './messages.ts'
import { toFailure, unitRunner } from './unit-runner.ts'

const SQLITE_BUSY = 5
const { databasePath, lockPath } = workerData as SqlWorkerData
const port = parentPort!

/**
 * Holds an exclusive transaction on a database of its own for as long as this process lives: the operating system frees
 * it however the process ends, and the main database stays readable for backups.
 */
function lockDataDir(): DatabaseSync {
  const lock = new DatabaseSync(lockPath)
  lock.exec('PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE')
  return lock
}

function openDatabase(): DatabaseSync {
  const db = new DatabaseSync(databasePath)
  // auto_vacuum must be set before the first table; secure_delete overwrites what is deleted with zeros.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec('PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384')
  return db
}

function serve(): void {
  let lock: DatabaseSync
  try {
    lock = lockDataDir()
  } catch (error) {
    const failure = toFailure(error)
    port.postMessage({ ready: { failure, locked: (failure.errcode ?? 0) % 256 === SQLITE_BUSY } } satisfies SqlReady)
    port.close()
    return
  }
  try {
    const db = openDatabase()
    const run = unitRunner(db)
    port.on('message', (message: SqlRequest | 'close') => {
      if (message !== 'close') return port.postMessage({ id: message.id, outcomes: run(message.units) } satisfies SqlReply)
      db.close()
      lock.close()
      port.close()
    })
    port.postMessage({ ready: true } satisfies SqlReady)
  } catch (error) {
    lock.close()
    port.postMessage({ ready: { failure: toFailure(error), locked: false } } satisfies SqlReady)
    port.close()
  }
}

serve()
