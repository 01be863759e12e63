import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WeightedSemaphore } from './weighted-semaphore.ts'

const BUDGET = 10
const MAX_TASKS = 3

interface Held {
  weight: number
  end: () => void
}

test('never holds more than its budget and its tasks, starts in order of arrival, and starts everything', async () => {
  const step = fc.oneof(fc.record({ weight: fc.integer({ min: 0, max: 15 }) }), fc.record({ end: fc.nat(2) }))
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const semaphore = new WeightedSemaphore(BUDGET, MAX_TASKS)
      const running: Held[] = []
      const started: number[] = []
      const all: Promise<void>[] = []
      const add = (weight: number): void => {
        const no = all.length
        const task = (): Promise<void> =>
          new Promise((resolve) => {
            started.push(no)
            const held = { weight: Math.min(weight, BUDGET), end: () => resolve() }
            running.push(held)
            expect(running.length).toBeLessThanOrEqual(MAX_TASKS)
            expect(running.reduce((sum, one) => sum + one.weight, 0)).toBeLessThanOrEqual(BUDGET)
          })
        all.push(semaphore.run(weight, task))
      }
      const endOne = async (i: number): Promise<void> => {
        for (const held of running.splice(i % Math.max(1, running.length), 1)) held.end()
        await settled()
      }
      for (const one of steps) {
        if ('weight' in one) add(one.weight)
        else await endOne(one.end)
        await settled()
      }
      while (running.length > 0) await endOne(0)
      await Promise.all(all)
      expect(started).toEqual(all.map((_, i) => i))
      expect(semaphore.running).toBe(0)
    }),
    { numRuns: 50 },
  )
})

test('a task that waits and is aborted gives up its place to the next', async () => {
  const semaphore = new WeightedSemaphore(1, 1)
  const first = Promise.withResolvers<string>()
  const running = semaphore.run(1, () => first.promise)
  const abort = new AbortController()
  const given = semaphore.run(1, async () => 'never', abort.signal)
  const next = semaphore.run(1, async () => 'next')
  abort.abort(new Error('left'))
  await expect(given).rejects.toThrow('left')
  first.resolve('first')
  expect(await Promise.all([running, next])).toEqual(['first', 'next'])
})

test('a task that fails makes room', async () => {
  const semaphore = new WeightedSemaphore(1, 1)
  await expect(semaphore.run(1, async () => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
  expect(await semaphore.run(5, async () => 'room')).toBe('room')
})

/** Lets promises that are due run. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
