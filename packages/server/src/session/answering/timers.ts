import type { Clock } from '../../std/clock.ts'

/** Timers by name: setting one again moves it. */
export class Timers<Name extends string> {
  readonly #clock: Clock
  readonly #onDue: (name: Name) => void
  readonly #stops = new Map<Name, () => void>()

  constructor(clock: Clock, onDue: (name: Name) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** @param atMs - on the clock; a moment that has passed is due at once */
  set(name: Name, atMs: number): void {
    this.clear(name)
    const due = (): void => {
      this.#stops.delete(name)
      this.#onDue(name)
    }
    this.#stops.set(name, this.#clock.setTimeout(due, Math.max(0, atMs - this.#clock.now())))
  }

  clear(name: Name): void {
    this.#stops.get(name)?.()
    this.#stops.delete(name)
  }

  clearAll(): void {
    for (const name of [...this.#stops.keys()]) this.clear(name)
  }
}
