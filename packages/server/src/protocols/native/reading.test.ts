import { beforeEach, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../../std/fake-clock.ts'
import { Reading } from './reading.ts'

let clock: FakeClock
let waiting: number
let calls: boolean[]
let reading: Reading
beforeEach(() => {
  clock = createFakeClock()
  waiting = 0
  calls = []
  reading = new Reading({ clock, setPaused: (paused) => void calls.push(paused), tooMuch: (share) => waiting > 100 * share })
})

it('stops above the bound and goes on at half of it', () => {
  waiting = 100
  reading.took()
  expect(calls).toEqual([])
  waiting = 101
  reading.took()
  reading.took()
  expect([calls, reading.isPaused]).toEqual([[true], true])
  waiting = 60
  reading.gone()
  expect(calls).toEqual([true])
  waiting = 50
  reading.gone()
  expect([calls, reading.isPaused]).toEqual([[true, false], false])
})

it('goes on by itself when what waited was of others', async () => {
  waiting = 500
  reading.took()
  await clock.advance(1000)
  expect(calls).toEqual([true])
  waiting = 0
  await clock.advance(1000)
  expect([calls, clock.pending]).toEqual([[true, false], 0])
})

it('leaves a socket that is gone alone', async () => {
  waiting = 500
  reading.took()
  reading.close()
  reading.took() // what was still in the queue
  waiting = 0
  await clock.advance(1000)
  expect([calls, clock.pending]).toEqual([[true], 0])
})
