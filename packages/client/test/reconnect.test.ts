import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../../server/test/helpers/test-server.ts'
import { connectLive, type LiveOptions, type LiveSession, memoryKeep, resumeKept } from '../src/index.ts'
import { ChaosProxy } from './chaos-proxy.ts'

/** The client behind a bad network, against a real server. What the server stored is read from its store, not from what it said. */

let server: Awaited<ReturnType<typeof startTestServer>>
let proxy: ChaosProxy
beforeAll(async () => {
  server = await startTestServer()
  proxy = await ChaosProxy.open(server.port)
})
afterAll(async () => {
  await proxy[Symbol.asyncDispose]()
  await server[Symbol.asyncDispose]()
})

const OPTIONS: LiveOptions = { analyze: false, diarize: false, results: 'end', heartbeatMs: 60, deadAfterMs: 400 }
const open = (options: LiveOptions = {}): LiveSession => connectLive({ ...OPTIONS, url: proxy.url, ...options })

/** Every chunk is another, so that a lost, doubled or swapped one shows. */
function chunk(index: number, bytes = 3200): Uint8Array {
  const samples = Int16Array.from({ length: bytes / 2 }, (_, i) => ((index * 7919 + i * 31) % 200) - 100)
  return new Uint8Array(samples.buffer)
}

async function stored(sessionId: string): Promise<{ bytes: Buffer; gaps: { ms: number; reason: string }[] }> {
  const parts: Uint8Array[] = []
  for await (const record of server.store.audio.read(sessionId)) if (record.kind === 'audio') parts.push(record.bytes.slice())
  return { bytes: Buffer.concat(parts), gaps: await server.store.audio.gaps(sessionId) }
}

/** Captures `count` chunks while `trouble` happens at some of them. */
async function capture(live: LiveSession, count: number, trouble: Record<number, () => void>): Promise<Buffer> {
  const captured: Uint8Array[] = []
  for (let i = 0; i < count; i++) {
    trouble[i]?.()
    const bytes = chunk(i)
    captured.push(bytes)
    live.sendAudio(bytes)
    await sleep(8)
  }
  return Buffer.concat(captured)
}

describe('a live session over a bad network', () => {
  it.each([
    ['is cut', { 20: () => proxy.cut(), 45: () => proxy.cut(), 46: () => proxy.cut() }],
    ['freezes', { 15: () => proxy.set('freeze'), 60: () => proxy.set('pass') }],
    ['is half open', { 15: () => proxy.set('half_open'), 60: () => proxy.set('pass') }],
    ['is slow', { 5: () => proxy.set('slow'), 70: () => proxy.set('pass') }],
    [
      'is away for a while',
      {
        20: () => {
          proxy.set('refuse')
          proxy.cut()
        },
        70: () => proxy.set('pass'),
      },
    ],
  ])('stores exactly what was captured when the network %s', async (_, trouble) => {
    const live = open()
    const captured = await capture(live, 90, trouble)
    proxy.set('pass')
    await live.end()
    const { bytes, gaps } = await stored(live.sessionId!)
    expect(bytes.equals(captured)).toBe(true)
    expect(gaps).toEqual([])
    expect(live.state).toBe('done')
    expect(live.keptBytes).toBe(0)
  })

  it('declares a gap once, though it is sent again after each cut', async () => {
    const live = open()
    await live.ready
    live.sendAudio(chunk(1))
    live.gap(1500, 'muted')
    proxy.cut()
    await sleep(150)
    proxy.cut()
    live.sendAudio(chunk(2))
    await live.end()
    const { bytes, gaps } = await stored(live.sessionId!)
    expect(bytes.equals(Buffer.concat([chunk(1), chunk(2)]))).toBe(true)
    expect(gaps.map(({ ms, reason }) => ({ ms, reason }))).toEqual([{ ms: 1500, reason: 'muted' }])
  })

  it('tells what was given up as a gap when no more can be kept', async () => {
    proxy.set('pass')
    const live = open({ maxKeptBytes: 32_000 })
    await live.ready
    let lostMs = 0
    live.on('audio_lost', ({ ms }) => {
      lostMs += ms
    })
    proxy.set('refuse')
    proxy.cut()
    await sleep(50)
    for (let i = 0; i < 40; i++) live.sendAudio(chunk(i))
    proxy.set('pass')
    await live.end()
    const { bytes, gaps } = await stored(live.sessionId!)
    expect(lostMs).toBe(3000)
    expect(gaps).toMatchObject([{ ms: 3000, reason: 'network' }])
    expect(bytes.equals(Buffer.concat(Array.from({ length: 10 }, (_, i) => chunk(30 + i))))).toBe(true)
  })

  it('ends a session whose page was closed: another run sends what was kept', async () => {
    proxy.set('pass')
    const keep = memoryKeep()
    const first = open({ keep })
    await first.ready
    first.sendAudio(chunk(0))
    await sleep(400)
    proxy.set('refuse')
    proxy.cut()
    for (let i = 1; i < 20; i++) first.sendAudio(chunk(i))
    await sleep(1300)
    first.close()
    proxy.set('pass')
    const [kept] = await keep.list()
    const second = await resumeKept(kept!, { ...OPTIONS, url: proxy.url, keep })
    await second.end()
    const { bytes } = await stored(first.sessionId!)
    expect(bytes.equals(Buffer.concat(Array.from({ length: 20 }, (_, i) => chunk(i))))).toBe(true)
    await expect.poll(() => keep.list()).toEqual([])
  })

  it('gives events to callbacks and as an async iterable', async () => {
    proxy.set('pass')
    const live = open({ results: 'stream' })
    const types: string[] = []
    const reading = (async () => {
      for await (const { type } of live) types.push(type)
    })()
    live.sendAudio(chunk(0))
    await live.end()
    await reading
    expect(types).toContain('config_ack')
    expect(types.at(-1)).toBe('state')
    expect(types).toContain('final_result')
  })

  it('says why it was refused', async () => {
    const live = connectLive({ ...OPTIONS, url: proxy.url, session_id: '../x' })
    await expect(live.ready).rejects.toMatchObject({ name: 'VigiaError' })
    expect(live.state).toBe('failed')
  })
})
