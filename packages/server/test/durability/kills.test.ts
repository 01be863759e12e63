import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { FAIL_POINTS } from '../../src/std/fail-point.ts'
import { seededRandom } from '../helpers/signals.ts'
import { KillClient } from './kill-client.ts'
import { verify } from './promises.ts'

/**
 * `kill -9` at every named place of the store and at random moments, through the real socket. After each death a program that
 * shares no code with the server reads the raw files. `VIGIA_KILLS` says how many; in CI they are more.
 */

const KILLS = Number(process.env.VIGIA_KILLS ?? (process.env.CI ? 200 : 44))
const LANES = 2
const PER_POINT = Math.max(1, Math.floor(KILLS / 40))
/** Bound of tries per wanted death: a place may not be passed in a run. */
const TRIES = 10

interface Life {
  failPoint: string
  /** By way of the journal, also with one session. */
  journal: boolean
  cache: string
}

/** Starts the server; null when it died before it listened. */
async function start(dataDir: string, { failPoint, journal, cache }: Life): Promise<{ url: string | null; child: ChildProcess }> {
  const child = spawn(process.execPath, ['--no-warnings', join(import.meta.dirname, 'kill-server.ts'), dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      VIGIA_FAIL_POINT: failPoint,
      VIGIA_TEST_JOURNAL_FROM: journal ? '1' : '100',
      NODE_COMPILE_CACHE: cache,
    },
  })
  const url = await new Promise<string | null>((resolve) => {
    child.stdout!.once('data', (data) => resolve(String(data).trim()))
    child.once('exit', () => resolve(null))
  })
  return { url, child }
}

/** A first life that ends in order, so that the others find their code compiled: half of the time of a start. */
async function compile(dir: string): Promise<string> {
  const cache = join(dir, 'compile-cache')
  const { child } = await start(join(dir, 'first'), { failPoint: '', journal: true, cache })
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  await exited
  return cache
}

class Lane {
  readonly #dataDir: string
  readonly #cache: string
  readonly #client: KillClient
  readonly #random: () => number
  readonly deaths = new Map<string, number>()
  kills = 0

  constructor(dataDir: string, cache: string, seed: number) {
    this.#dataDir = dataDir
    this.#cache = cache
    this.#random = seededRandom(seed)
    this.#client = new KillClient(`lane${seed}`, this.#random)
  }

  get acked(): number {
    return this.#client.streams.reduce((sum, stream) => sum + stream.acked, 0)
  }

  /** Whether this life goes by way of the journal: where the place is on one of the ways, on that one. */
  #byJournal(point: string): boolean {
    if (/^segment_(synced|file_made)/.test(point)) return false
    return point.startsWith('journal_') || this.#random() < 0.5
  }

  /** One life of a server. @returns whether it ended at the armed place */
  async live(point: string, maxPasses: number): Promise<boolean> {
    const passes = 1 + Math.floor(this.#random() * maxPasses)
    const failPoint = point === '' ? '' : `${point}:${passes}`
    const life = { failPoint, journal: this.#byJournal(point), cache: this.#cache }
    const { url, child } = await start(this.#dataDir, life)
    const exited = child.exitCode !== null || child.signalCode !== null ? Promise.resolve() : once(child, 'exit').then(() => {})
    let byUs = false
    const kill = (): void => {
      byUs = child.kill('SIGKILL')
    }
    const timer = point === '' ? setTimeout(kill, this.#random() * 300) : undefined
    if (url !== null) {
      for (let round = 0; round < 6 && child.exitCode === null && child.signalCode === null; round++) {
        await this.#client.talk(url, 5 + Math.floor(this.#random() * 20), point)
      }
    }
    clearTimeout(timer)
    if (child.exitCode === null && child.signalCode === null) kill()
    await exited
    expect(child.signalCode, 'the server may only end by a kill').toBe('SIGKILL')
    this.kills += 1
    expect(verify(this.#dataDir, this.#client.promised()).problems, `after ${point || 'a random kill'}:${passes}`).toEqual([])
    if (!byUs) this.deaths.set(point, (this.deaths.get(point) ?? 0) + 1)
    return !byUs
  }
}

it(`keeps every promise over ${KILLS} kills, at least ${PER_POINT} at each of ${FAIL_POINTS.length} places`, {
  timeout: 60_000 + KILLS * 5000,
}, async () => {
  const dir = await mkdtemp(join(tmpdir(), 'vigia-kills-'))
  try {
    const cache = await compile(dir)
    const lanes = Array.from({ length: LANES }, (_, no) => new Lane(join(dir, `lane-${no}`), cache, no + 1))
    await Promise.all(lanes.map((lane, index) => run(lane, index)))
    const total = (point: string): number => lanes.reduce((sum, lane) => sum + (lane.deaths.get(point) ?? 0), 0)
    const missed = FAIL_POINTS.filter((point) => total(point) < PER_POINT)
    expect(missed, 'places that were not reached often enough').toEqual([])
    const kills = lanes.reduce((sum, lane) => sum + lane.kills, 0)
    const acked = lanes.reduce((sum, lane) => sum + lane.acked, 0)
    expect(kills).toBeGreaterThanOrEqual(KILLS)
    expect(acked).toBeGreaterThan(KILLS * 5000)
    console.log(`${kills} kills, ${FAIL_POINTS.length} places, ${acked} bytes acknowledged, 0 lost`)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})

/** Each lane takes every second place. */
async function run(lane: Lane, index: number): Promise<void> {
  for (const [n, point] of FAIL_POINTS.entries()) {
    if (n % LANES !== index) continue
    const many = /^(audio|journal_(written|synced)|segment_(before|half|written|synced))/.test(point) ? 12 : 1
    const done = (): boolean => (lane.deaths.get(point) ?? 0) >= PER_POINT
    // a life may be too short for a late pass: every second try takes the first
    for (let tries = 0; !done() && tries < PER_POINT * TRIES; tries++) await lane.live(point, tries % 2 === 0 ? many : 1)
  }
  while (lane.kills < Math.ceil(KILLS / LANES)) await lane.live('', 1)
}
