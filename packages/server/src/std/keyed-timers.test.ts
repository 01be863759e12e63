import { expect, it } from 'vitest'
import { createFakeClock } from './fake-clock.ts'
import { KeyedTimers } from './keyed-timers.ts'

it('runs the newest timer of each key once, and none that was stopped', async () => {
  const clock = createFakeClock()
  const timers = new KeyedTimers(clock)
  const ran: string[] = []
  timers.start('a', 10, () => ran.push('a, too early'))
  timers.start('a', 20, () => ran.push('a'))
  timers.start('b', 10, () => ran.push('b'))
  timers.start('c', 15, () => ran.push('c'))
  timers.stop('c')
  await clock.advance(15)
  expect(ran).toEqual(['b'])
  await clock.advance(100)
  expect(ran).toEqual(['b', 'a'])
  timers.start('a', 10, () => timers.start('a', 10, () => ran.push('again')))
  await clock.advance(20)
  expect(ran).toEqual(['b', 'a', 'again'])
  timers.start('a', 10, () => ran.push('never'))
  timers.start('b', 10, () => ran.push('never'))
  timers.stopAll()
  expect(clock.pending).toBe(0)
})
