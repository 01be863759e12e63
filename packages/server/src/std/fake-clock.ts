import type { Clock } from './clock.ts'

interface Timer {
  dueMs: number
  callback: () => void
  everyMs: number | null
}

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  /** Moves time forward, running due timers in order; promises settle before and after each timer. */
  advance(ms: number): Promise<void>
  /** Timers that wait. */
  readonly pending: number
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** @param wallStartMs - wall time at `now() === 0`, milliseconds since 1970 */
export function createFakeClock(wallStartMs = Date.UTC(2026, 0, 1)): FakeClock {
  let nowMs = 0
  const timers = new Set<Timer>()

  function add(callback: () => void, ms: number, everyMs: number | null): () => void {
    const timer = { dueMs: nowMs + Math.max(ms, 0), callback, everyMs }
    timers.add(timer)
    return () => timers.delete(timer)
  }

  function earliest(untilMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of timers) {
      if (timer.dueMs <= untilMs && (!first || timer.dueMs < first.dueMs)) first = timer
    }
    return first
  }

  function fire(timer: Timer): void {
    nowMs = Math.max(nowMs, timer.dueMs)
    if (timer.everyMs === null) timers.delete(timer)
    else timer.dueMs += timer.everyMs
    timer.callback()
  }

  return {
    now: () => nowMs,
    wallMs: () => wallStartMs + nowMs,
    setTimeout: (callback, ms) => add(callback, ms, null),
    setInterval: (callback, ms) => add(callback, ms, Math.max(ms, 1)),
    get pending() {
      return timers.size
    },
    async advance(ms) {
      const untilMs = nowMs + ms
      await settle()
      for (let timer = earliest(untilMs); timer; timer = earliest(untilMs)) {
        fire(timer)
        await settle()
      }
      nowMs = untilMs
    },
  }
}
