import type { Clock } from './clock.ts'

/** One timer for each key; a new one takes the place of the one before. */
export class KeyedTimers {
  readonly #clock: Clock
  readonly #stops = new Map<string, () => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `task` after `ms` unless stopped or set again. */
  start(key: string, ms: number, task: () => void): void {
    this.stop(key)
    const stop = this.#clock.setTimeout(() => {
      this.#stops.delete(key)
      task()
    }, ms)
    this.#stops.set(key, stop)
  }

  stop(key: string): void {
    this.#stops.get(key)?.()
    this.#stops.delete(key)
  }

  stopAll(): void {
    for (const stop of this.#stops.values()) stop()
    this.#stops.clear()
  }
}
