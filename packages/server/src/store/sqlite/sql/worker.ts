/** The database thread: the only place where SQL runs, so that a slow disk never stops the event loop. */
import type { DatabaseSync } from 'node:sqlite'
import { parentPort, workerData } from 'node:worker_threads'
import { NoEncryptedDatabase, openDatabase, type SqlDatabase } from './database.ts'
import { isLocked, lockDataDir } from './lock.ts'
import type { SqlReady, SqlReply, SqlRequest, SqlWorkerData } from './messages.ts'
import { toFailure, unitRunner } from './unit-runner.ts'

const { databasePath, lockPath, key = null } = workerData as SqlWorkerData
const port = parentPort!

function openStore(): SqlDatabase {
  const db = openDatabase(databasePath, { key })
  // auto_vacuum must be set before the first table; secure_delete overwrites what is deleted with zeros.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  db.exec('PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384')
  return db
}

function serve(): void {
  let lock: DatabaseSync
  try {
    lock = lockDataDir(lockPath)
  } catch (error) {
    port.postMessage({ ready: { failure: toFailure(error), locked: isLocked(error) } } satisfies SqlReady)
    port.close()
    return
  }
  try {
    const db = openStore()
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
    const missing = error instanceof NoEncryptedDatabase
    port.postMessage({ ready: { failure: toFailure(error), locked: false, missing } } satisfies SqlReady)
    port.close()
  }
}

serve()
