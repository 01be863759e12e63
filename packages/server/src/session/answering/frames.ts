import type { Observation } from '@vigia/protocol'
import type { Clock } from '../../std/clock.ts'
import type { SeenFrame } from '../assistant.ts'

/** The newest photo of a session, and the wait for a newer one. */

/** An older photo is not "now": glasses and phone send a new one within a second or two. */
export const FRESH_MS = 3000

const MAX_FORGOTTEN = 200

export class Frames {
  readonly #clock: Clock
  #newest: SeenFrame | null = null
  readonly #waiters = new Set<() => void>()
  readonly #forgotten = new Set<string>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get newest(): SeenFrame | null {
    return this.#newest
  }

  ageMs(frame: SeenFrame): number {
    return Math.max(0, this.#clock.wallMs() - frame.capturedAt)
  }

  /** A photo was described. */
  seen(observation: Observation): void {
    if (observation.status !== 'done' || this.#forgotten.has(observation.frame_id)) return
    const capturedAt = Date.parse(observation.captured_at)
    if (this.#newest && this.#newest.capturedAt > capturedAt) return
    this.#newest = { frameId: observation.frame_id, capturedAt, observation }
    for (const wake of [...this.#waiters]) wake()
  }

  /** It counts as never seen, also where its description is still to come. */
  forget(frameId: string): void {
    this.#forgotten.add(frameId)
    if (this.#forgotten.size > MAX_FORGOTTEN) this.#forgotten.delete(this.#forgotten.values().next().value!)
    if (this.#newest?.frameId === frameId) this.#newest = null
  }

  /** All photos so far count as never seen. */
  forgetAll(): void {
    if (this.#newest) this.forget(this.#newest.frameId)
  }

  /** Why a question about what is seen needs a new photo; null when the newest is fresh. */
  get need(): 'none' | 'stale' | null {
    if (!this.#newest) return 'none'
    return this.ageMs(this.#newest) > FRESH_MS ? 'stale' : null
  }

  /** Questions that wait for a photo. */
  get waiting(): number {
    return this.#waiters.size
  }

  /** Resolves when a newer photo was described, after `ms`, or when aborted. */
  next(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        stop()
        this.#waiters.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const stop = this.#clock.setTimeout(done, ms)
      this.#waiters.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }
}
