/** Time as the client needs it, so that tests can hand in their own. */
export interface Timers {
  /** Milliseconds that never run backwards. */
  now(): number
  /** Calls back once; returns the function that stops it. */
  after(ms: number, run: () => void): () => void
}

/** The time of the machine. */
export const systemTimers: Timers = {
  now: () => performance.now(),
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}
