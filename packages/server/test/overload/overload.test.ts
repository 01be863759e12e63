import { setImmediate as turn } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { energyVad } from '../../src/eval/live/scripted-engines.ts'
import { LiveClient } from '../helpers/live-client.ts'
import { usedMemory } from '../helpers/memory.ts'
import { percentile, percentileText } from '../helpers/percentile.ts'
import { refusalTurns } from '../helpers/refusal-turns.ts'
import { bytesOf } from '../helpers/speech.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { askUpgrade } from '../helpers/upgrade.ts'
import { slowAsr, VirtualProcessor } from './slow-engine.ts'

/**
 * Ten times the load that the machine can hear, from clients that do not wait for the server. The recognizer's work passes on
 * a clock that moves with the audio, so that lag is a figure of audio and not of this machine.
 */

const TICK_MS = 100
const CHUNK = (16 * TICK_MS * 2) | 0
/** Bytes of a session that may wait for the disk. */
const MAX_WAITING = 20 * CHUNK
/** A second of sound, a second of silence. */
const TALK_MS = 2000
const FACTOR = 0.15
const FREE = { access: { requestsPerSecond: 10_000, sessionsPerMinute: 100_000 } }

const talk = Buffer.from(
  bytesOf(
    Int16Array.from({ length: TALK_MS * 16 }, (_, i) =>
      i < 16_000 ? Math.round(9000 * Math.sin((2 * Math.PI * 180 * i) / 16_000)) : 0,
    ),
  ),
)
/** Speakers do not begin together. */
const chunkOf = (client: number, tick: number): Buffer => {
  const at = ((tick + client * 5) * CHUNK) % talk.length
  return talk.subarray(at, at + CHUNK)
}

function startSlowServer(overload: { maxListening: number }, maxSessions: number) {
  const processor = new VirtualProcessor()
  const wrapEngines = (engines: object) =>
    ({ ...engines, vad: energyVad, liveAsr: slowAsr(processor, FACTOR), finalAsr: slowAsr(null, 0), diarizer: null }) as never
  const app = startTestServer({ ...FREE, overload, limits: { maxSessions } }, { wrapEngines })
  return app.then((server) => ({ server, processor }))
}

type Server = Awaited<ReturnType<typeof startTestServer>>

/** All clients send the same second of the day; the recognizer gets as much time as passes in the audio. */
async function stream(
  server: Server,
  processor: VirtualProcessor,
  clients: readonly LiveClient[],
  ticks: number,
  eachTick: (tick: number) => void = () => {},
): Promise<number[]> {
  const lags: number[] = []
  for (let tick = 0; tick < ticks; tick += 1) {
    for (const [i, client] of clients.entries()) client.raw(chunkOf(i, tick))
    processor.advance(TICK_MS)
    const sent = (tick + 1) * CHUNK
    // the audio comes much faster than real time: the disk is waited for, as a microphone would
    const isBehind = ({ receivedBytes, durableBytes }: { receivedBytes: number; durableBytes: number }): boolean =>
      receivedBytes < sent || receivedBytes - durableBytes > MAX_WAITING
    while (server.sessions.status().some(isBehind)) await turn()
    for (let i = 0; i < 5; i += 1) await turn()
    for (const session of server.sessions.status()) if (session.tier === 'full') lags.push(session.lagSeconds)
    eachTick(tick)
  }
  return lags
}

const p95 = (values: readonly number[]): number => percentile(values, 0.95)

const open = async (server: Server, n: number): Promise<{ client: LiveClient; id: string; tier: string }[]> =>
  Promise.all(
    Array.from({ length: n }, async () => {
      const client = await LiveClient.connect(server.url)
      const { session_id: id, tier } = await client.open({ analyze: false, diarize: false })
      return { client, id, tier }
    }),
  )

it('ten times the load: who is heard keeps its lag, who is recorded is complete afterwards, who is refused is told when to come', async () => {
  const { server, processor } = await startSlowServer({ maxListening: 4 }, 12)
  await using _server = server
  const ticks = 400
  const admitted = await open(server, 12)
  const clients = admitted.map(({ client }) => client)
  const tiers = Map.groupBy(admitted, ({ tier }) => tier)
  expect([tiers.get('full')?.length, tiers.get('record_only')?.length]).toEqual([4, 8])

  const refusals: ReturnType<typeof askUpgrade>[] = []
  let before = 0
  const lags = await stream(server, processor, clients, ticks, (tick) => {
    if (tick % 20 === 0) refusals.push(askUpgrade(server.url)) // 30 more, who come whether or not there is room
    if (tick === 150) before = usedMemory()
  })
  const grown = usedMemory() - before
  const asked = await Promise.all(refusals)
  expect(asked.map(({ status }) => status)).toEqual(asked.map(() => 503))
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  const admissions = { full: 4, record_only: 8, refused_sessions: asked.length }
  for (const [result, count] of Object.entries(admissions))
    expect(metrics).toContain(`vigia_admission_total{result="${result}"} ${count}\n`)
  for (const { retryAfter } of asked) expect(Number(retryAfter)).toBeGreaterThan(0)
  expect(p95(lags)).toBeLessThan(1.5)
  // in these 25 s came 9 MB of audio
  expect(grown).toBeLessThan(5 * 1024 * 1024)

  for (const client of clients) client.send({ type: 'end_of_stream' })
  for (const { client, id } of admitted) {
    const final = await client.next('final_result', 0, 60_000)
    expect(final.duration).toBe((ticks * TICK_MS) / 1000)
    expect(final.segments.length).toBeGreaterThanOrEqual(15) // one a talk, of twenty
    const stored = await Array.fromAsync(server.store.audio.read(id))
    expect(stored.reduce((sum, record) => sum + (record.kind === 'audio' ? record.bytes.length : 0), 0)).toBe(ticks * CHUNK)
    await client[Symbol.asyncDispose]()
  }
}, 120_000)

it('without admission the same recognizer falls behind: the run above would show it', async () => {
  const { server, processor } = await startSlowServer({ maxListening: 40 }, 40)
  await using _server = server
  const clients = (await open(server, 20)).map(({ client }) => client)
  const lags = await stream(server, processor, clients, 150)
  expect(p95(lags)).toBeGreaterThan(4)
  for (const client of clients) await client[Symbol.asyncDispose]()
}, 60_000)

it('a refusal asks neither engine nor store, and leaves nothing behind', async () => {
  const touched: string[] = []
  const spied = <T extends object>(name: string, target: T): T =>
    new Proxy(target, {
      get(of, key) {
        if (watching && typeof key === 'string') touched.push(`${name}.${key}`)
        return Reflect.get(of, key)
      },
    })
  let watching = false
  await using server = await startTestServer(
    { ...FREE, limits: { maxSessions: 1 } },
    { wrapEngines: (engines) => spied('engines', engines) },
  )
  await using client = await LiveClient.connect(server.url)
  await client.open({ results: 'end' })
  const { sessions, documents, audit, audio, jobs } = server.store
  const calls = Object.entries({ sessions, documents, audit, audio, jobs }).flatMap(([part, methods]) =>
    Object.keys(methods).map((name) => ({
      name: `${part}.${name}`,
      spy: vi.spyOn(methods as unknown as Record<string, () => unknown>, name),
    })),
  )
  const storm = async (n: number): Promise<number[]> => {
    const times: number[] = []
    for (let i = 0; i < n; i += 1) {
      const { status, ms } = await askUpgrade(server.url)
      expect(status).toBe(503)
      times.push(ms)
    }
    return times
  }
  const turns = refusalTurns(server.http.server)
  await storm(100)
  expect(turns).toEqual({ refused: 100, inTheSameTurn: 100 })
  const before = usedMemory()
  watching = true
  for (const { spy } of calls) spy.mockClear()
  const times = await storm(Number(process.env.VIGIA_REFUSALS ?? 300))
  watching = false
  // jobs are looked for every few seconds, whether or not anybody comes
  const called = calls.filter(({ spy }) => spy.mock.calls.length > 0).map(({ name }) => name)
  expect(called.filter((name) => name !== 'jobs.claim')).toEqual([])
  expect(touched).toEqual([])
  expect(usedMemory() - before).toBeLessThan(4 * 1024 * 1024)
  if (process.env.VIGIA_REFUSALS) console.log(`refusals: ${percentileText(times)}`)
}, 60_000)
