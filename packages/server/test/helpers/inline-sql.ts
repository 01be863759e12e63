import { databaseKey } from '../../src/store/sqlite/encryption/master-key.ts'
import { fromSqlFailure } from '../../src/store/sqlite/errors.ts'
import type { SqlClient } from '../../src/store/sqlite/sql/client.ts'
import { openDatabase } from '../../src/store/sqlite/sql/database.ts'
import type { SqlResult, SqlUnit } from '../../src/store/sqlite/sql/messages.ts'
import { unitRunner } from '../../src/store/sqlite/sql/unit-runner.ts'

/** The store's database in this thread, on a real file: for tests that open a store hundreds of times. One caller at a time. */
export function openInlineSql(path: string, master: Uint8Array | null = null): SqlClient {
  const db = openDatabase(path, { key: master && databaseKey(master) })
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
