import type { Report } from '@vigia/protocol'

/** When a language model that failed, or was not there, is asked again for the report it owes. */

/** So often, each pause so many times as long as the one before. */
const TRIES = 5
const PAUSE_FACTOR = 6
const FAILED = new Set(['model_failed', 'model_part_failed'])

export interface ModelRetryState {
  warnings: Report['analysis']['warnings']
  /** A model is chosen and not here. */
  isAway: boolean
  /** Times it was asked again. */
  tried: number
  /** First pause; 0: never. */
  firstMs: number
}

/** @returns milliseconds until the next try; null for none */
export function modelRetryMs({ warnings, isAway, tried, firstMs }: ModelRetryState): number | null {
  const isOwed = isAway || warnings.some(({ code }) => FAILED.has(code))
  return isOwed && firstMs > 0 && tried < TRIES ? firstMs * PAUSE_FACTOR ** tried : null
}
