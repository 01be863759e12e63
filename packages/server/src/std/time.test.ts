import { describe, expect, it } from 'vitest'
import { backoffMs } from './backoff.ts'
import { systemClock } from './clock.ts'
import { createFakeClock } from './fake-clock.ts'
import { sleep } from './sleep.ts'

describe('createFakeClock', () => {
  it('runs timers in order of their due time, also those that timers start', async () => {
    const clock = createFakeClock(1000)
    const log: string[] = []
    clock.setTimeout(() => log.push(`b@${clock.now()}`), 20)
    clock.setTimeout(() => {
      log.push(`a@${clock.now()}`)
      clock.setTimeout(() => log.push(`c@${clock.now()}`), 5)
    }, 10)
    await clock.advance(30)
    expect(log).toEqual(['a@10', 'c@15', 'b@20'])
    expect(clock.now()).toBe(30)
    expect(clock.wallMs()).toBe(1030)
    expect(clock.pending).toBe(0)
  })

  it('repeats an interval until it is stopped', async () => {
    const clock = createFakeClock()
    let calls = 0
    const stop = clock.setInterval(() => calls++, 10)
    await clock.advance(35)
    stop()
    await clock.advance(100)
    expect(calls).toBe(3)
  })
})

describe('systemClock', () => {
  it('never runs backwards and cancels timers', async () => {
    const before = systemClock.now()
    let fired = false
    systemClock.setTimeout(() => (fired = true), 0)()
    systemClock.setInterval(() => (fired = true), 1)()
    await new Promise((resolve) => setImmediate(resolve))
    expect(systemClock.now()).toBeGreaterThanOrEqual(before)
    expect(fired).toBe(false)
  })
})

describe('sleep', () => {
  it('resolves when its time has come', async () => {
    const clock = createFakeClock()
    let awake = false
    const done = sleep(clock, 100).then(() => (awake = true))
    await clock.advance(99)
    expect(awake).toBe(false)
    await clock.advance(1)
    await done
  })

  it('rejects with the reason of the signal and leaves no timer', async () => {
    const clock = createFakeClock()
    const controller = new AbortController()
    const done = sleep(clock, 100, controller.signal)
    controller.abort(new Error('stop'))
    await expect(done).rejects.toThrow('stop')
    expect(clock.pending).toBe(0)
    await expect(sleep(clock, 1, controller.signal)).rejects.toThrow('stop')
  })
})

describe('backoffMs', () => {
  it('doubles up to its maximum, between half and all of it', () => {
    const at = (attempt: number, random: number): number => backoffMs(attempt, { baseMs: 100, maxMs: 1000, random: () => random })
    expect([0, 1, 2, 3, 4, 500].map((n) => at(n, 1))).toEqual([100, 200, 400, 800, 1000, 1000])
    expect(at(2, 0)).toBe(200)
  })
})
