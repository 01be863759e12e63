import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoreHarness } from '../../contract/store-contract.ts'
import { openSqliteStore, type SqliteStoreOptions } from '../sqlite-store.ts'

export interface SqliteHarness extends StoreHarness {
  dataDir: string
}

/** A store in a directory of its own that goes with it. */
export async function openHarness(options: Omit<SqliteStoreOptions, 'dataDir'> = {}): Promise<SqliteHarness> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vigia-store-'))
  const open = async () => await openSqliteStore({ flushMs: 5, ...options, dataDir })
  const harness: SqliteHarness = {
    dataDir,
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
