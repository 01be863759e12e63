import type { Observation } from '@vigia/protocol'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Clock } from './std/clock.ts'

/** How often each client sends photos: known for the last {@link MAX_CLIENTS} clients, oldest forgotten first. */

const MAX_CLIENTS = 1000
/** Weight of the newest interval in the running mean. */
const NEWEST = 0.2

interface Rhythm {
  lastMs: number
  photos: number
  meanIntervalMs: number | null
}

/** What is known after a photo came. */
export interface PhotoBeat {
  photos: number
  /** Since this client's photo before; null for its first. */
  intervalMs: number | null
  meanIntervalMs: number | null
}

export class PhotoRhythm {
  readonly #clients = new Map<string, Rhythm>()

  /** @param client - session id, or address where there is no session */
  beat(client: string, nowMs: number): PhotoBeat {
    const before = this.#clients.get(client)
    const intervalMs = before ? Math.max(0, nowMs - before.lastMs) : null
    const meanIntervalMs = mean(before?.meanIntervalMs ?? null, intervalMs)
    const photos = (before?.photos ?? 0) + 1
    this.#clients.delete(client)
    this.#clients.set(client, { lastMs: nowMs, photos, meanIntervalMs })
    if (this.#clients.size > MAX_CLIENTS) this.#clients.delete(this.#clients.keys().next().value!)
    return { photos, intervalMs, meanIntervalMs }
  }

  get size(): number {
    return this.#clients.size
  }
}

function mean(before: number | null, newest: number | null): number | null {
  if (newest === null || before === null) return newest
  return before + NEWEST * (newest - before)
}

/** Counts each observed photo, and logs the rhythm of its client; nothing of what it shows. */
export function photoObserver({
  metrics,
  log,
  clock,
}: {
  metrics: Metrics
  log: Logger
  clock: Clock
}): (photo: Observation) => void {
  const rhythm = new PhotoRhythm()
  return ({ frame_id, session_id, status, timings }) => {
    const beat = rhythm.beat(session_id ?? 'none', clock.now())
    metrics.photos.inc({ outcome: status })
    if (beat.intervalMs !== null && session_id !== null) metrics.photoInterval.observe(beat.intervalMs / 1000)
    log.info({ frameId: frame_id, sessionId: session_id, status, totalMs: timings.total, ...beat }, 'photo observed')
  }
}
