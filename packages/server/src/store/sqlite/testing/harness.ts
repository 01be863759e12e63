import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreHarness } from '../../contract/store-contract.ts'
import { databaseKey } from '../encryption/master-key.ts'
import { openDatabase, type SqlDatabase } from '../sql/database.ts'
import { openSqliteStore, type SqliteStoreOptions } from '../sqlite-store.ts'

export interface SqliteHarness extends StoreHarness {
  dataDir: string
  /** The database, read and changed behind the store's back. */
  openSql(): SqlDatabase
}

/** A key for encrypted variants of tests. */
export const TEST_KEY = Buffer.alloc(32, 'vigia-test-key')

/** A store in a directory of its own that goes with it. */
export async function openHarness(options: Omit<SqliteStoreOptions, 'dataDir'> = {}): Promise<SqliteHarness> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vigia-store-'))
  const open = async () => await openSqliteStore({ flushMs: 5, ...options, dataDir })
  const harness: SqliteHarness = {
    dataDir,
    openSql: () => openDatabase(join(dataDir, 'vigia.db'), { key: options.key ? databaseKey(options.key) : null }),
    store: await open(),
    async reopen() {
      await harness.store[Symbol.asyncDispose]()
      harness.store = await open()
      return harness.store
    },
    async close() {
      await harness.store[Symbol.asyncDispose]()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
  return harness
}
