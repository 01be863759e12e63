import { expect, it } from 'vitest'
import { createFakeClock } from '../../std/fake-clock.ts'
import type { StoredEvent } from '../../store/store.ts'
import { EventStream } from './event-stream.ts'

function open(stored: StoredEvent[], afterSeq = 0) {
  const clock = createFakeClock()
  const out = { text: '', ended: false, writableLength: 0 }
  const sink = {
    write: (text: string) => {
      out.text += text
      return true
    },
    end: () => {
      out.ended = true
    },
    get writableLength() {
      return out.writableLength
    },
  }
  const read = async (after: number, limit: number) => stored.filter(({ seq }) => seq > after).slice(0, limit)
  return { clock, out, stream: new EventStream({ out: sink, clock, afterSeq, read }) }
}

const event = (seq: number): StoredEvent => ({ seq, atMs: 0, type: 'segment', data: { n: seq } })
const ids = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))

it('sends every stored event once, from after the last one known, across pages', async () => {
  const { clock, out, stream } = open(
    Array.from({ length: 450 }, (_, i) => event(i + 1)),
    3,
  )
  stream.start(false)
  await clock.advance(0)
  await clock.advance(0)
  expect(ids(out.text)).toEqual(Array.from({ length: 447 }, (_, i) => i + 4))
  expect(out.ended).toBe(false)
})

it('sends an event that is stored some time after it was told', async () => {
  const stored: StoredEvent[] = []
  const { clock, out, stream } = open(stored)
  stream.start(false)
  stream.notify(null, false)
  await clock.advance(100)
  stored.push(event(1))
  await clock.advance(300)
  expect(ids(out.text)).toEqual([1])
})

it('tells what is not stored at once and without id', async () => {
  const { out, stream } = open([])
  stream.notify({ type: 'partial_result', data: { text: 'ho' } }, false)
  expect(out.text).toBe('event: partial_result\ndata: {"text":"ho"}\n\n')
})

it('ends with closed after the last stored event of a final session', async () => {
  const { clock, out, stream } = open([event(1)])
  stream.start(true)
  await clock.advance(0)
  expect(out.text).toMatch(/id: 1[\s\S]*event: closed\ndata: \{\}\n\n$/)
  expect(out.ended).toBe(true)
  expect(clock.pending).toBe(0)
})

it('ends some time after the session closed, with what was stored by then', async () => {
  const stored: StoredEvent[] = []
  const { clock, out, stream } = open(stored)
  stream.start(false)
  stream.notify(null, true)
  stored.push(event(1))
  await clock.advance(2000)
  expect(ids(out.text)).toEqual([1])
  expect(out.ended).toBe(true)
})

it('cuts a reader that does not read', () => {
  const { out, stream } = open([])
  out.writableLength = 2 * 1024 * 1024
  stream.notify({ type: 'x', data: 1 }, false)
  expect(out.ended).toBe(true)
})

it('keeps a quiet stream alive', async () => {
  const { clock, out, stream } = open([])
  stream.start(false)
  await clock.advance(15_000)
  expect(out.text).toBe(': \n\n')
})
