import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Asr } from '../../src/engines/asr.ts'
import { energyVad } from '../../src/eval/live/scripted-engines.ts'
import { LiveClient } from '../helpers/live-client.ts'
import { percentileText } from '../helpers/percentile.ts'
import { type ServerProcess, spawnServer } from '../helpers/server-process.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { slowAsr } from './slow-engine.ts'
import { openSlowSockets } from './slow-sockets.ts'

/**
 * Sockets that are slow or half open cost the others nothing. `VIGIA_SLOW_SOCKETS=500` prints the acknowledgements' latency
 * without and with them.
 */

const SOCKETS = Number(process.env.VIGIA_SLOW_SOCKETS ?? 100)
const HEALTHY = 10
const CHUNKS = process.env.VIGIA_SLOW_SOCKETS ? 150 : 20
const FREE = { access: { requestsPerSecond: 10_000, sessionsPerMinute: 100_000 } }

let dir: string
let server: ServerProcess
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-slow-'))
  server = await spawnServer(dir, 0, { ...FREE, limits: { maxSessions: 1000 } })
})
afterAll(async () => {
  await server.kill()
  await rm(dir, { recursive: true, force: true })
})

/** Ten clients that speak in real time. @returns milliseconds from each chunk to the acknowledgement that covers it */
async function ackLatencies(): Promise<number[]> {
  const latencies: number[] = []
  await Promise.all(
    Array.from({ length: HEALTHY }, async () => {
      await using client = await LiveClient.connect(server.url)
      await client.open({ results: 'end', analyze: false })
      const sentAt: number[] = []
      let acked = 0
      client.onMessage = (message) => {
        if (message.type !== 'ack') return
        for (; (acked + 1) * 3200 <= message.received_bytes; acked += 1) latencies.push(performance.now() - sentAt[acked]!)
      }
      for (let i = 0; i < CHUNKS; i += 1) {
        sentAt.push(performance.now())
        client.raw(Buffer.alloc(3200))
        await sleep(100)
      }
      await client.until(() => acked === CHUNKS, 30_000, 'not everything was acknowledged')
    }),
  )
  return latencies
}

it(`${SOCKETS} slow or half-open sockets: the others are acknowledged to the last byte`, async () => {
  const alone = await ackLatencies()
  await using slow = await openSlowSockets(server.url, SOCKETS)
  const among = await ackLatencies()
  expect([slow.count, alone.length, among.length]).toEqual([SOCKETS, HEALTHY * CHUNKS, HEALTHY * CHUNKS])
  if (process.env.VIGIA_SLOW_SOCKETS) {
    console.log(`acks alone: ${percentileText(alone)}`)
    console.log(`acks among ${SOCKETS}: ${percentileText(among)}`)
  }
}, 180_000)

/** A recognizer with much to say: what waits for a reader grows fast. */
const wordy: Asr = {
  ...slowAsr(null, 0),
  async *transcribe(audio, options, signal) {
    let chunks = 0
    for await (const chunk of audio) {
      chunks += 1
      yield {
        type: 'interim',
        text: `${chunks} ${'palabra '.repeat(3000)}`,
        startMs: chunk.startMs,
        endMs: chunk.startMs,
        confirmedChars: 0,
      }
    }
    for await (const event of slowAsr(null, 0).transcribe(audio, options, signal)) yield event
    yield { type: 'final', text: 'palabra '.repeat(4000), words: [], startMs: 0, endMs: 1000 }
  },
}

it('a slow reader gets fewer interim texts, then is cut with 4408; its session goes on where it was', async () => {
  await using app = await startTestServer(
    { overload: { maxClientBytes: 256 * 1024 } },
    { wrapEngines: (engines) => ({ ...engines, vad: energyVad, liveAsr: wordy, finalAsr: slowAsr(null, 0) }) as never },
  )
  await using client = await LiveClient.connect(app.url)
  const { session_id, resume_token } = await client.open({ analyze: false, diarize: false })
  client.stopReading()
  const talk = Buffer.from(
    Int16Array.from({ length: 32_000 }, (_, i) => (i < 16_000 ? Math.round(9000 * Math.sin(i / 5)) : 0)).buffer,
  )
  const cut = () => app.sessions.status().every(({ state }) => state === 'detached')
  let sent = 0
  for (let i = 0; i < 1000 && !cut(); i += 1) {
    await client.audio(talk)
    sent += talk.length
    await sleep(20)
  }
  await expect.poll(cut, { timeout: 30_000 }).toBe(true)
  const metrics = await (await fetch(`${app.url}/metrics`)).text()
  expect(Number(/vigia_dropped_total\{queue="client",why="interim"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(0)
  expect(metrics).toMatch(/vigia_errors_total\{code="slow_client"\} 1/)
  await using again = await LiveClient.connect(app.url)
  const { received_bytes } = await again.open({ session_id, resume_token })
  expect(received_bytes).toBeGreaterThan(0)
  expect(received_bytes).toBeLessThanOrEqual(sent)
  again.raw(Buffer.alloc(3200))
  const after = await (await fetch(`${app.url}/metrics`)).text()
  expect(after).toMatch(/vigia_resume_total\{result="ok"\} 1/)
  for (const name of ['vigia_ack_seconds', 'vigia_fsync_seconds'])
    expect(Number(new RegExp(`${name}_count (\\d+)`).exec(after)?.[1])).toBeGreaterThan(0)
  await again.until(() => again.all('ack').at(-1)?.received_bytes === received_bytes + 3200)
}, 60_000)
