import type { Clock } from '../../../src/std/clock.ts'

/** Waits forever: what was asked of a process that has died is never answered. */
const NEVER = new Promise<never>(() => {})

/** One run of the server between its start and its death, on the clock of the simulation. */
export class Life {
  readonly #clock: Clock
  isOver = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The clock as this run sees it: after its death nothing of it moves any more. */
  get clock(): Clock {
    const clock = this.#clock
    const alive = (callback: () => void) => (): void => {
      if (!this.isOver) callback()
    }
    return {
      now: () => clock.now(),
      wallMs: () => clock.wallMs(),
      setTimeout: (callback, ms) => clock.setTimeout(alive(callback), ms),
      setInterval: (callback, ms) => clock.setInterval(alive(callback), ms),
    }
  }

  /** Resolves after `ms`; never when the run has died by then. */
  async wait(ms: number): Promise<void> {
    if (this.isOver) await NEVER
    await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, ms))
    if (this.isOver) await NEVER
  }

  /** Stops all intervals and waits of this run. */
  end(): void {
    this.isOver = true
  }
}

/** A clock that rounds: fractions of a millisecond would let two messages that were sent in order arrive in another. */
export function wholeMilliseconds(clock: Clock): Clock {
  return {
    now: () => clock.now(),
    wallMs: () => clock.wallMs(),
    setTimeout: (callback, ms) => clock.setTimeout(callback, Math.round(ms)),
    setInterval: (callback, ms) => clock.setInterval(callback, Math.round(ms)),
  }
}
