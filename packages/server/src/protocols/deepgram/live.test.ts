import { expect, it } from 'vitest'
import type { LiveSession, SessionListener } from '../../session/service.ts'
import { createFakeClock } from '../../std/fake-clock.ts'
import type { CompatDeps } from '../compat/deps.ts'
import { DeepgramLive } from './live.ts'
import { modelInfo, readListen } from './options.ts'

/** A socket on a session whose text comes when the test says so. */
function connect() {
  const clock = createFakeClock()
  const sent: { type: string }[] = []
  const closes: [number, string][] = []
  const flushes: (() => void)[] = []
  let tell: SessionListener = () => {}
  let ended = 0
  const session = {
    id: 's',
    receivedMs: 60_000,
    inflightBytes: 0,
    audio: () => {},
    flush: () => new Promise<void>((resolve) => flushes.push(resolve)),
    async end() {
      ended += 1
    },
  } as unknown as LiveSession
  const deps = {
    clock,
    engines: () => ({ diarizer: null }),
    sessions: {
      async open(_config: unknown, _token: unknown, _owner: unknown, listener: SessionListener) {
        tell = listener
        return { session, limits: { max_inflight_bytes: 4_000_000 } }
      },
    },
  } as unknown as CompatDeps
  const live = new DeepgramLive({
    wire: {
      send: (data) => void sent.push(JSON.parse(String(data))),
      close: (code, reason) => void closes.push([code, reason]),
      setPaused: () => {},
    },
    deps,
    caller: { owner: null, keep: true, sessionId: null },
    options: readListen({ encoding: 'linear16', sample_rate: '16000' }),
    language: 'es',
    head: { request_id: 'r', model_uuid: 'm', model_info: modelInfo('local', 'local') },
  })
  return { live, clock, sent, closes, flushes, tell: (event: Parameters<SessionListener>[0]) => tell(event), ended: () => ended }
}

const segment = { id: 'a', rev: 0, start: 50, end: 59, text: 'y al final' }

it('waits for the last texts however long they take: the client has said all that it had to say', async () => {
  const { live, clock, sent, closes, flushes, tell } = connect()
  live.binary(Buffer.alloc(3200))
  live.text('{"type":"CloseStream"}')
  await clock.advance(30_000)
  expect(closes).toEqual([])
  tell({ type: 'segment', segment })
  flushes[0]!()
  await clock.advance(0)
  expect(sent.map(({ type }) => type)).toEqual(['Results', 'Metadata'])
  expect(closes).toEqual([[1000, '']])
})

it('counts silence of the client from what it was answered last', async () => {
  const { live, clock, sent, closes, flushes } = connect()
  live.binary(Buffer.alloc(3200))
  live.text('{"type":"Finalize"}')
  await clock.advance(15_000)
  expect(closes).toEqual([])
  flushes[0]!()
  await clock.advance(9000)
  expect(sent.map(({ type }) => type)).toEqual(['Results'])
  expect(closes).toEqual([])
  await clock.advance(3000)
  expect(closes).toEqual([[1011, expect.stringContaining('NET-0001')]])
})

it('ends a stream in which nothing comes for ten seconds, once', async () => {
  const { live, clock, closes, ended } = connect()
  await clock.advance(9000)
  live.text('{"type":"KeepAlive"}')
  await clock.advance(9000)
  expect(closes).toEqual([])
  await clock.advance(5000)
  expect(closes).toHaveLength(1)
  live.closed()
  await clock.advance(0)
  expect(ended()).toBe(1)
  expect(clock.pending).toBe(0)
})
