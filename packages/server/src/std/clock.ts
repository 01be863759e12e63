/** Time as an argument: code that waits or measures takes a {@link Clock}, so that a test can move it by hand. */

export interface Clock {
  /** Milliseconds from an arbitrary origin; never runs backwards. For durations and deadlines. */
  now(): number
  /** Milliseconds since 1970; may jump. For what is shown or stored. */
  wallMs(): number
  /** Calls once after `ms`; the result cancels it. */
  setTimeout(callback: () => void, ms: number): () => void
  /** Calls every `ms`; the result stops it. */
  setInterval(callback: () => void, ms: number): () => void
}

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallMs: () => Date.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
  setInterval(callback, ms) {
    const timer = setInterval(callback, ms)
    timer.unref()
    return () => clearInterval(timer)
  },
}
