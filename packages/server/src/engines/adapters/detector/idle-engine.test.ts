import { expect, test } from 'vitest'
import { createFakeClock } from '../../../std/fake-clock.ts'
import { IdleEngine } from './idle-engine.ts'

function setUp(open?: () => void) {
  const clock = createFakeClock()
  const events: string[] = []
  const idle = new IdleEngine(
    async () => {
      events.push('open')
      open?.()
      return { [Symbol.asyncDispose]: async () => void events.push('dispose') }
    },
    1000,
    clock,
  )
  return { clock, events, idle }
}

test('opens at the first use, keeps it between uses, disposes it when idle, and opens it again', async () => {
  const { clock, events, idle } = setUp()
  expect(events).toEqual([])
  await idle.use(async () => {})
  await clock.advance(900)
  await idle.use(async () => {})
  await clock.advance(999)
  expect(events).toEqual(['open'])
  await clock.advance(1)
  expect(events).toEqual(['open', 'dispose'])
  await idle.use(async () => {})
  expect(events).toEqual(['open', 'dispose', 'open'])
})

test('is not idle while a long use goes on', async () => {
  const { clock, events, idle } = setUp()
  const gate = Promise.withResolvers<void>()
  const long = idle.use(() => gate.promise)
  await idle.use(async () => {})
  await clock.advance(5000)
  expect(events).toEqual(['open'])
  gate.resolve()
  await long
  await clock.advance(1000)
  expect(events).toEqual(['open', 'dispose'])
})

test('tries to open again after a failure, and disposes nothing that never opened', async () => {
  let fail = true
  const { events, idle } = setUp(() => {
    if (fail) throw new Error('no memory')
  })
  await expect(idle.use(async () => {})).rejects.toThrow('no memory')
  fail = false
  await idle.use(async () => {})
  await idle[Symbol.asyncDispose]()
  expect(events).toEqual(['open', 'open', 'dispose'])
})
