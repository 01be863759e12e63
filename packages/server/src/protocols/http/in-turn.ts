import { Mutex } from '../../std/mutex.ts'
import type { Store } from '../../store/store.ts'

/** One for each store that is open, gone with it. */
const CORRECTIONS = new WeakMap<Store, Mutex>()

/**
 * Corrections read what is stored, change it and write it back. Those of one store are made one after the other, so that none is
 * written over by another that read before it. Must not be called inside of itself.
 */
export function inTurn<T>(store: Store, correction: () => Promise<T>): Promise<T> {
  const mutex = CORRECTIONS.get(store) ?? new Mutex()
  CORRECTIONS.set(store, mutex)
  return mutex.run(correction)
}
