import type { ServerMessage } from '@vigia/protocol'
import { beforeEach, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../../std/fake-clock.ts'
import { Outbox } from './outbox.ts'

const interim = (text: string): ServerMessage => ({ type: 'partial_result', text, utterance_id: 'u1', start: 0 })
const ack = (received_bytes: number): ServerMessage => ({ type: 'ack', received_bytes })
const sound: ServerMessage = { type: 'reply_audio', reply_id: 1, bytes: 4, sample_rate: 16000, encoding: 'pcm16', start_ms: 0 }

let clock: FakeClock
let sent: string[]
let wire: { send(text: string): void; binary(bytes: Uint8Array): void; bufferedBytes: number }
let slow: number
let dropped: string[]
let outbox: Outbox
beforeEach(() => {
  clock = createFakeClock()
  sent = []
  slow = 0
  dropped = []
  wire = { send: (text) => sent.push(text), binary: (bytes) => sent.push(`${bytes.length} bytes`), bufferedBytes: 0 }
  outbox = new Outbox({ wire, clock, maxBytes: 1000, onSlow: () => slow++, onDropped: (what) => dropped.push(what) })
})

it('passes everything on to a client that reads', () => {
  outbox.send(interim('a'))
  outbox.send(ack(1))
  outbox.sendSound(sound, new Uint8Array(4))
  expect(sent).toHaveLength(4)
  expect(dropped).toEqual([])
})

it('keeps only the newest interim text while the client is behind, and sends it when it has caught up', async () => {
  wire.bufferedBytes = 300
  for (const text of ['a', 'b', 'c']) outbox.send(interim(text))
  outbox.send(ack(1))
  expect(sent.map((text) => JSON.parse(text).type)).toEqual(['ack'])
  await clock.advance(1000)
  expect(sent).toHaveLength(1)
  wire.bufferedBytes = 0
  await clock.advance(200)
  expect(JSON.parse(sent[1]!).text).toBe('c')
  expect(dropped).toEqual(['interim', 'interim'])
  expect(clock.pending).toBe(0)
})

it('forgets interim text whose final text has come', async () => {
  wire.bufferedBytes = 300
  outbox.send(interim('a'))
  outbox.send({ type: 'segment', id: 'u1', start: 0, end: 1, text: 'a', rev: 0 })
  wire.bufferedBytes = 0
  await clock.advance(1000)
  expect(sent.map((text) => JSON.parse(text).type)).toEqual(['segment'])
})

it('leaves sound out before it cuts, and cuts once', () => {
  wire.bufferedBytes = 600
  outbox.sendSound(sound, new Uint8Array(4))
  expect([sent, dropped]).toEqual([[], ['sound']])
  wire.bufferedBytes = 1001
  outbox.send(ack(1))
  outbox.send(ack(2))
  expect([sent.length, slow]).toEqual([1, 1])
})
