import type { Observation } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { createFakeClock } from '../../std/fake-clock.ts'
import { Frames } from './frames.ts'

const photo = { frame_id: 'f', status: 'done', captured_at: '2026-01-01T00:00:00Z' } as Observation

it('waits for a newer photo, for so long, or until nobody wants it, and leaves nothing behind', async () => {
  const clock = createFakeClock()
  const frames = new Frames(clock)
  const { signal } = new AbortController()
  let listening = 0
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  Object.assign(signal, {
    addEventListener: (...args: Parameters<typeof add>) => {
      listening += 1
      add(...args)
    },
    removeEventListener: (...args: Parameters<typeof remove>) => {
      listening -= 1
      remove(...args)
    },
  })
  const late = Array.from({ length: 20 }, () => frames.next(100, signal))
  await clock.advance(100)
  await Promise.all(late)
  expect([frames.waiting, listening, clock.pending]).toEqual([0, 0, 0])

  const seen = frames.next(100, signal)
  frames.seen(photo)
  await seen
  expect([frames.waiting, listening, clock.pending]).toEqual([0, 0, 0])

  const gone = new AbortController()
  const unwanted = frames.next(100, gone.signal)
  gone.abort()
  await unwanted
  await frames.next(100, gone.signal)
  expect([frames.waiting, clock.pending]).toEqual([0, 0])
})
