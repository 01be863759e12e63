import type { Timers } from '../std/timers.ts'
import { reconnectDelayMs } from './backoff.ts'

/** When to connect again: after growing waits, or at once when the system says that the network is back. */
export class Reconnector {
  readonly #timers: Timers
  readonly #random: () => number
  readonly #connect: () => void
  #attempt = 0
  #stopTimer: (() => void) | null = null

  constructor(timers: Timers, random: () => number, connect: () => void) {
    this.#timers = timers
    this.#random = random
    this.#connect = connect
    if (typeof addEventListener === 'function') addEventListener('online', this.#hurry)
  }

  /** Counts from 1 since the last connection that stood. */
  get attempt(): number {
    return this.#attempt
  }

  /** The next try is due. Returns how long it waits. */
  schedule(): number {
    const delayMs = reconnectDelayMs(this.#attempt, this.#random())
    this.#attempt += 1
    this.#wait(delayMs)
    return delayMs
  }

  /** A connection stands: the next loss begins with short waits again. */
  reset(): void {
    this.#attempt = 0
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
    if (typeof removeEventListener === 'function') removeEventListener('online', this.#hurry)
  }

  /** Nothing waits while a connection stands or is being opened. */
  readonly #hurry = (): void => {
    if (this.#stopTimer) this.#wait(0)
  }

  #wait(ms: number): void {
    this.#stopTimer?.()
    this.#stopTimer = this.#timers.after(ms, () => {
      this.#stopTimer = null
      this.#connect()
    })
  }
}
