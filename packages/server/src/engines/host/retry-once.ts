import { VigiaError } from '@vigia/protocol'

/** True for what a call gets when its engine process died under it, whatever of. */
export const isDeath = (error: unknown): boolean =>
  VigiaError.is(error) && (error.code === 'engine_crashed' || error.code === 'out_of_memory')

/**
 * Repeats a call once when its engine process died under it, for want of memory too: the new process begins with an empty
 * arena. A timeout or any other error is not repeated.
 */
export async function retryOnce<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (isDeath(error)) return call()
    throw error
  }
}
