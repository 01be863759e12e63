import { VigiaError } from '@vigia/protocol'

/** Repeats a call once when its engine process died under it; a timeout or any other error is not repeated. */
export async function retryOnce<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    if (VigiaError.is(error) && error.code === 'engine_crashed') return call()
    throw error
  }
}
