import type { Store } from '../store.ts'

/** The store that the tests of one part look at; after {@link ContractSubject.reopen} it is another one on the same data. */
export interface ContractSubject {
  readonly store: Store
  reopen(): Promise<void>
}
