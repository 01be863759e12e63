import { afterEach, beforeEach, describe } from 'vitest'
import type { Store } from '../store.ts'
import { audioContract } from './audio-contract.ts'
import { framesContract } from './frames-contract.ts'
import { jobsContract } from './jobs-contract.ts'
import { lifecycleContract } from './lifecycle-contract.ts'
import { recordsContract } from './records-contract.ts'
import { sessionsContract } from './sessions-contract.ts'
import type { ContractSubject } from './subject.ts'
import { transcriptContract } from './transcript-contract.ts'

export { bytesOf, joined, newSession, records } from './fixtures.ts'

/** A store under test, and how to open it again on what it kept. */
export interface StoreHarness {
  store: Store
  /** Closes the store and opens a new one on the same data. */
  reopen(): Promise<Store>
  /** Closes and removes everything. */
  close(): Promise<void>
}

/** The promises of the store port, whatever stands behind it: an adapter's test is one call of this. */
export function storeContract(name: string, open: () => Promise<StoreHarness>): void {
  describe(`store contract: ${name}`, () => {
    let harness: StoreHarness
    let store: Store
    beforeEach(async () => {
      harness = await open()
      store = harness.store
    })
    afterEach(async () => await harness.close())
    const subject: ContractSubject = {
      get store() {
        return store
      },
      async reopen() {
        store = await harness.reopen()
      },
    }

    sessionsContract(subject)
    audioContract(subject)
    transcriptContract(subject)
    recordsContract(subject)
    framesContract(subject)
    jobsContract(subject)
    lifecycleContract(subject)
  })
}
