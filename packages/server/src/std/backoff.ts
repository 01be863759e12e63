export interface BackoffOptions {
  /** Upper bound of the first wait. */
  baseMs: number
  /** No wait is longer. */
  maxMs: number
  /** 0–1, as `Math.random`. */
  random?: () => number
}

/**
 * Wait before try `attempt + 1`: exponential with half jitter, so that many callers do not return at once yet none returns at zero.
 *
 * @param attempt - failures so far less one: 0 after the first failure
 */
export function backoffMs(attempt: number, { baseMs, maxMs, random = Math.random }: BackoffOptions): number {
  const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(attempt, 52))
  return ceilingMs * (0.5 + 0.5 * random())
}
