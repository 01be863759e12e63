import { setTimeout as sleep } from 'node:timers/promises'

/** Stops in order: clients are told, given time to leave, then sent to the next server. */

export interface Drained {
  /** Sockets that are open. */
  readonly open: number
  goingAway(inMs: number): void
  restart(): void
}

const POLL_MS = 50

/** @param waitMs - the longest time that clients get */
export async function drainSockets(sockets: Drained, waitMs: number): Promise<void> {
  if (sockets.open === 0) return
  sockets.goingAway(waitMs)
  for (let leftMs = waitMs; leftMs > 0 && sockets.open > 0; leftMs -= POLL_MS) await sleep(Math.min(POLL_MS, leftMs))
  sockets.restart()
}
