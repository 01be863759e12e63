/** Waits before the first reconnects; a short cut is bridged at once, a long one does not hammer the server. */
const FIRST_MS = [0, 300, 1200, 2700, 4800] as const
const THEN_MS = 7000
const JITTER_MS = 1000

/**
 * How long to wait before a reconnect, so that many clients do not come back in the same instant.
 *
 * @param attempt - counts from 0
 * @param random - 0–1
 */
export function reconnectDelayMs(attempt: number, random: number): number {
  const base = FIRST_MS[attempt] ?? THEN_MS
  return attempt === 0 ? random * 100 : base + random * JITTER_MS
}
