import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'
import { energyVad } from '../../src/eval/live/scripted-engines.ts'
import { percentileText } from '../helpers/percentile.ts'
import { refusalTurns } from '../helpers/refusal-turns.ts'
import { bytesOf } from '../helpers/speech.ts'
import { startTestServer } from '../helpers/test-server.ts'
import type { Outcome, Plan } from './load-generator.ts'
import { slowAsr, VirtualProcessor } from './slow-engine.ts'

/**
 * Ten times the load, in real time, from a process of its own: what waits there does not wait here, and the figures are of the
 * server. They are printed, not asserted: a machine may be busy with something else. `VIGIA_REFUSALS` makes it longer.
 */

const LISTENING = 4
const SPEAKERS = 12
const ARRIVALS = Number(process.env.VIGIA_REFUSALS ?? 500)
const ARRIVAL_MS = 10
const FREE = { access: { requestsPerSecond: 10_000, sessionsPerMinute: 100_000 } }
/** Processing time over audio: four sessions in which somebody speaks half of the time take a third of one processor. */
const FACTOR = 0.15

/** A second of sound, a second of silence. */
const talk = bytesOf(
  Int16Array.from({ length: 32_000 }, (_, i) => (i < 16_000 ? Math.round(9000 * Math.sin((2 * Math.PI * 180 * i) / 16_000)) : 0)),
)

async function generate(plan: Plan): Promise<Outcome> {
  const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'load-generator.ts'), JSON.stringify(plan)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [out] = await Promise.all([text(child.stdout), once(child, 'exit')])
  expect(child.exitCode).toBe(0)
  return JSON.parse(out) as Outcome
}

/** A processor whose time is the machine's, and which costs nothing of it. */
function realTimeProcessor(): { processor: VirtualProcessor } & Disposable {
  const processor = new VirtualProcessor()
  let lastMs = performance.now()
  const timer = setInterval(() => {
    const nowMs = performance.now()
    processor.advance(nowMs - lastMs)
    lastMs = nowMs
  }, 10)
  return { processor, [Symbol.dispose]: () => clearInterval(timer) }
}

it(`ten times the load from another process: ${ARRIVALS} are refused at once, who speaks is complete`, async () => {
  using real = realTimeProcessor()
  await using server = await startTestServer(
    { ...FREE, overload: { maxListening: LISTENING }, limits: { maxSessions: SPEAKERS } },
    {
      wrapEngines: (engines) =>
        ({
          ...engines,
          vad: energyVad,
          liveAsr: slowAsr(real.processor, FACTOR),
          finalAsr: slowAsr(null, 0),
          diarizer: null,
        }) as never,
    },
  )
  const turns = refusalTurns(server.http.server)
  const plan = { speakers: SPEAKERS, arrivals: ARRIVALS, arrivalMs: ARRIVAL_MS, talkBase64: Buffer.from(talk).toString('base64') }
  const lags: number[] = []
  const sampling = setInterval(() => {
    for (const { tier, lagSeconds } of server.sessions.status()) if (tier === 'full') lags.push(lagSeconds * 1000)
  }, 100)
  const { tiers, sessions, upgrades, ackMs, sentBytes, results } = await generate({ url: server.url, ...plan }).finally(() =>
    clearInterval(sampling),
  )

  const tier = Map.groupBy(tiers, (one) => one)
  expect([tier.get('full')?.length, tier.get('record_only')?.length]).toEqual([LISTENING, SPEAKERS - LISTENING])
  expect(upgrades.map(({ status }) => status)).toEqual(upgrades.map(() => 503))
  // they do not all come back in the same second
  const comeAgain = upgrades.map(({ retryAfter }) => Number(retryAfter))
  expect(Math.min(...comeAgain)).toBeGreaterThanOrEqual(5)
  expect(new Set(comeAgain).size).toBeGreaterThan(5)
  expect(turns).toMatchObject({ refused: ARRIVALS, inTheSameTurn: ARRIVALS })

  const seconds = sentBytes / 32_000
  for (const { duration, segments } of results) {
    expect(duration).toBe(seconds)
    expect(segments).toBeGreaterThanOrEqual(Math.floor(seconds / 2) - 1)
  }
  for (const id of sessions) {
    const stored = await Array.fromAsync(server.store.audio.read(id))
    expect(stored.reduce((sum, record) => sum + (record.kind === 'audio' ? record.bytes.length : 0), 0)).toBe(sentBytes)
  }
  expect(ackMs.length).toBe((sentBytes / 3200) * SPEAKERS)
  console.log(`refusals: ${percentileText(upgrades.map(({ ms }) => ms))}`)
  console.log(`acknowledgements: ${percentileText(ackMs)}`)
  console.log(`lag of who is heard: ${percentileText(lags)}`)
}, 180_000)
