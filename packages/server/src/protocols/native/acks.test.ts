import { beforeEach, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../../std/fake-clock.ts'
import { Acks } from './acks.ts'

let clock: FakeClock
let sent: { received_bytes: number; chunk_id?: string | number }[]
let waits: number[]
let acks: Acks
beforeEach(() => {
  clock = createFakeClock()
  sent = []
  waits = []
  acks = new Acks({
    clock,
    send: ({ type: _type, ...rest }) => void sent.push(rest),
    onAck: (ms) => void waits.push(ms),
  })
  acks.begin(100)
})

it('tells at once what is durable, then at most every 250 ms, the newest only', async () => {
  acks.took(300)
  acks.durable(200)
  acks.durable(250)
  acks.durable(300)
  expect(sent).toEqual([{ received_bytes: 200 }])
  await clock.advance(249)
  expect(sent).toHaveLength(1)
  await clock.advance(1)
  expect(sent).toEqual([{ received_bytes: 200 }, { received_bytes: 300 }])
})

it('names the last chunk that lies before what is durable', async () => {
  for (const id of ['a', 'b', 'c']) {
    acks.took(10)
    acks.named(id)
  }
  acks.durable(125)
  expect(sent).toEqual([{ received_bytes: 125, chunk_id: 'b' }])
  await clock.advance(250)
  acks.durable(130)
  expect(sent.at(-1)).toEqual({ received_bytes: 130, chunk_id: 'c' })
})

it('measures how long a piece waited, and follows the next one then', async () => {
  acks.took(10)
  await clock.advance(30)
  acks.took(10)
  await clock.advance(20)
  acks.durable(120)
  expect(waits).toEqual([50])
  acks.took(10)
  await clock.advance(250)
  acks.durable(130)
  expect(waits).toEqual([50, 250])
})

it('tells nothing twice, and nothing of the session before', async () => {
  acks.took(10)
  acks.named(7)
  acks.durable(110)
  acks.flush()
  expect(sent).toHaveLength(1)
  acks.took(5)
  acks.named(8)
  acks.begin(0)
  acks.took(10)
  await clock.advance(250)
  acks.durable(10)
  expect(sent.at(-1)).toEqual({ received_bytes: 10 })
})

it('goes on where nobody listens to what it measures', () => {
  const unheard = new Acks({ clock, send: ({ type: _type, ...rest }) => void sent.push(rest) })
  unheard.begin(0)
  unheard.took(10)
  unheard.durable(10)
  expect(sent).toEqual([{ received_bytes: 10 }])
})
