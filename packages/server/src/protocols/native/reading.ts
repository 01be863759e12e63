import type { Clock } from '../../std/clock.ts'

export interface ReadingOptions {
  clock: Clock
  setPaused: (paused: boolean) => void
  /** Whether more waits than this share of what may. */
  tooMuch: (share: number) => boolean
}

/** A socket that is not read is looked at so often: what it waits for may end without an event of its own session. */
const LOOK_MS = 100

/**
 * Whether a socket is read. It is not while too much waits, for the session or for the disk over all sessions, and is again when half
 * of that is gone.
 */
export class Reading {
  readonly #options: ReadingOptions
  #cancelLook: (() => void) | null = null
  #isClosed = false

  constructor(options: ReadingOptions) {
    this.#options = options
  }

  get isPaused(): boolean {
    return this.#cancelLook !== null
  }

  /** Something came. */
  took(): void {
    if (!this.isPaused && !this.#isClosed && this.#options.tooMuch(1)) this.#pause()
  }

  /** Something that waited is gone. */
  gone(): void {
    if (!this.isPaused || this.#options.tooMuch(0.5)) return
    this.#stopLooking()
    this.#options.setPaused(false)
  }

  /** The socket is gone: it is neither stopped nor looked at any more. */
  close(): void {
    this.#isClosed = true
    this.#stopLooking()
  }

  #stopLooking(): void {
    this.#cancelLook?.()
    this.#cancelLook = null
  }

  #pause(): void {
    this.#options.setPaused(true)
    this.#cancelLook = this.#options.clock.setInterval(() => this.gone(), LOOK_MS)
  }
}
