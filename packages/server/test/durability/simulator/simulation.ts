import { createHash } from 'node:crypto'
import { LiveSession } from '../../../../client/src/live/live-session.ts'
import type { Clock } from '../../../src/std/clock.ts'
import { createFakeClock, type FakeClock } from '../../../src/std/fake-clock.ts'
import type { Store } from '../../../src/store/store.ts'
import { seededRandom } from '../../helpers/signals.ts'
import { streamBytes } from '../../helpers/stream-bytes.ts'
import { wholeMilliseconds } from './life.ts'
import { SimDisk } from './sim-disk.ts'
import { SimLink } from './sim-network.ts'
import { SimServer } from './sim-server.ts'
import { SimSql } from './sim-sql.ts'

/**
 * One world from one seed: the real client, protocol, sessions and store, on a clock, a disk and a network that are made of
 * nothing but that seed. What happens in it happens again with the same seed.
 */

/** How long clients speak, and how much happens meanwhile. */
const SPEAKING_MS = 12_000
const CHUNK_MS = 100
const CLIENTS = 2
/** Virtual time within which everything must be in order again after the last fault. */
const PATIENCE_MS = 180_000

export interface SimulationResult {
  /** Hash of everything that was promised and everything that went wrong, with its time. */
  trace: string
  deaths: number
  cuts: number
  badDisks: number
  bytes: number
}

interface Speaker {
  no: number
  live: LiveSession
  captured: number
  /** Gaps in the order in which they were declared. */
  gaps: { atByte: number; ms: number }[]
  links: SimLink[]
  failure: string | null
}

export class Simulation {
  readonly #random: () => number
  readonly #fake: FakeClock = createFakeClock()
  readonly #clock: Clock
  readonly #disk: SimDisk
  readonly #sql: SimSql
  readonly #server: SimServer
  readonly #speakers: Speaker[] = []
  readonly #promised = new Map<string, number>()
  readonly #trace = createHash('sha256')
  readonly #problems: string[] = []
  #deaths = 0
  #cuts = 0
  #badDisks = 0

  constructor(seed: number) {
    this.#random = seededRandom(seed)
    this.#clock = wholeMilliseconds(this.#fake)
    this.#disk = new SimDisk(this.#random)
    this.#sql = new SimSql(this.#random)
    this.#server = new SimServer({
      clock: this.#clock,
      random: this.#random,
      disk: this.#disk,
      sql: this.#sql,
      onPromise: (id, bytes) => this.#promise(id, bytes),
      onRecovered: (store) => this.#check(store),
    })
  }

  /** @throws Error that names every promise that was broken */
  async run(): Promise<SimulationResult> {
    try {
      this.#server.start()
      for (let no = 0; no < CLIENTS; no++) this.#at(no * 3000, () => this.#speak(no))
      this.#plan()
      await this.#fake.advance(SPEAKING_MS + CLIENTS * 3000)
      this.#calm()
      for (const { live } of this.#speakers) void live.end().catch(() => {})
      await this.#settle()
      for (const { live } of this.#speakers) live.close()
      if (this.#problems.length > 0) throw new Error(this.#problems.join('\n'))
      const bytes = this.#speakers.reduce((sum, { captured }) => sum + captured, 0)
      return { trace: this.#trace.digest('hex'), deaths: this.#deaths, cuts: this.#cuts, badDisks: this.#badDisks, bytes }
    } finally {
      this.#server.die('kill')
      this.#sql.close()
    }
  }

  /** What goes wrong, and when. */
  #plan(): void {
    const times = (most: number): number[] =>
      Array.from({ length: Math.floor(this.#random() * (most + 1)) }, () => this.#random() * SPEAKING_MS)
    for (const at of times(4)) this.#at(at, () => this.#die(this.#random() < 0.5 ? 'kill' : 'power_cut'))
    for (const at of times(6)) this.#at(at, () => this.#cutOne())
    for (const at of times(2)) this.#at(at, () => this.#failDisk(this.#random()))
  }

  #die(how: 'kill' | 'power_cut'): void {
    this.#deaths += 1
    this.#note(`death by ${how}`)
    this.#server.die(how)
    this.#at(this.#random() * 3000, () => this.#server.start())
  }

  #cutOne(): void {
    const speaker = this.#speakers[Math.floor(this.#random() * this.#speakers.length)]
    if (!speaker) return
    this.#cuts += 1
    this.#note(`cut ${speaker.no}`)
    speaker.links.at(-1)?.cut(this.#random() < 0.5 ? 200 : 40_000)
  }

  #failDisk(share: number): void {
    this.#badDisks += 1
    this.#note(`disk ${share}`)
    this.#disk.failing = share
    this.#sql.failing = share / 2
    this.#at(this.#random() * 2000, () => this.#calm())
  }

  #calm(): void {
    this.#disk.failing = 0
    this.#sql.failing = 0
  }

  #speak(no: number): void {
    const links: SimLink[] = []
    const live = new LiveSession({
      url: 'http://simulated',
      analyze: false,
      results: 'end',
      random: this.#random,
      timers: { now: () => this.#clock.now(), after: (ms, run) => this.#clock.setTimeout(run, ms) },
      socket: () => {
        const link = new SimLink(this.#clock, this.#random)
        links.push(link)
        this.#clock.setTimeout(() => this.#server.connect(link), this.#random() * 30)
        return link.socket as unknown as WebSocket
      },
      fetch: (async (url: string) => this.#answer(url)) as typeof fetch,
    })
    const speaker: Speaker = { no, live, captured: 0, gaps: [], links, failure: null }
    live.finished.catch((error: { code?: string }) => {
      speaker.failure = error.code ?? String(error)
    })
    this.#speakers.push(speaker)
    for (let at = 0; at < SPEAKING_MS; at += CHUNK_MS) this.#at(at, () => this.#capture(speaker))
  }

  #capture(speaker: Speaker): void {
    if (this.#random() < 0.04) {
      const ms = 1 + Math.floor(this.#random() * 500)
      speaker.gaps.push({ atByte: speaker.captured, ms })
      speaker.live.gap(ms, 'muted')
    }
    const bytes = streamBytes(speaker.no, speaker.captured, 2 * (50 + Math.floor(this.#random() * 200)))
    speaker.captured += bytes.length
    speaker.live.sendAudio(bytes)
  }

  /** `GET /sessions/ID`, for a client that lost its socket after its last word. */
  async #answer(url: string): Promise<Response> {
    const { store } = this.#server
    const record = await store?.sessions.get(decodeURIComponent(url.split('/').at(-1)!))
    if (!record) throw new TypeError('fetch failed')
    return { ok: true, status: 200, json: async () => ({ state: record.state }) } as Response
  }

  #promise(sessionId: string, bytes: number): void {
    const before = this.#promised.get(sessionId) ?? 0
    if (bytes < before) this.#problem(`${before} bytes were promised, then ${bytes}`)
    this.#promised.set(sessionId, Math.max(before, bytes))
    this.#note(`promise ${bytes}`)
  }

  /** What a server finds after its start: all that was promised, in order, once. */
  async #check(store: Store): Promise<void> {
    for (const speaker of this.#speakers) {
      const id = speaker.live.sessionId
      if (id === undefined || !this.#promised.has(id)) continue
      const { bytes, gaps } = await recorded(store, id)
      if (bytes.length < this.#promised.get(id)!) this.#problem(`${this.#promised.get(id)} promised, ${bytes.length} there`)
      if (!bytes.equals(streamBytes(speaker.no, 0, bytes.length))) this.#problem(`the stream of ${speaker.no} is another one`)
      const expected = speaker.gaps.slice(0, gaps.length)
      if (JSON.stringify(gaps) !== JSON.stringify(expected)) this.#problem(`gaps of ${speaker.no}: ${JSON.stringify(gaps)}`)
      const missing = speaker.gaps.filter(({ atByte }) => atByte < bytes.length).length - gaps.length
      if (missing > 0) this.#problem(`${missing} gaps of ${speaker.no} are missing`)
    }
  }

  /** With disk and network whole again, everything captured is stored, once, and every session has its end. */
  async #settle(): Promise<void> {
    for (let waited = 0; waited < PATIENCE_MS; waited += 1000) {
      await this.#fake.advance(1000)
      if (await this.#isSettled()) break
    }
    for (const { no, live, failure, captured } of this.#speakers) {
      if (failure !== null) this.#problem(`client ${no} gave up: ${failure}`)
      const { store } = this.#server
      const record = store && live.sessionId ? await this.#now(store.sessions.get(live.sessionId)) : null
      if (record?.state !== 'ending') this.#problem(`session of ${no} is ${record?.state ?? 'unknown'}`)
      if (record?.receivedBytes !== captured) this.#problem(`${captured} captured by ${no}, ${record?.receivedBytes} stored`)
    }
    if (this.#server.store) await this.#now(this.#check(this.#server.store))
  }

  async #isSettled(): Promise<boolean> {
    const { store } = this.#server
    if (!store) return false
    for (const { live } of this.#speakers) {
      const record = live.sessionId === undefined ? null : await this.#now(store.sessions.get(live.sessionId))
      if (record?.state !== 'ending') return false
    }
    return true
  }

  /** Waits for an answer that itself needs time to pass. */
  async #now<T>(promise: Promise<T>): Promise<T> {
    let done = false
    const settled = promise.finally(() => {
      done = true
    })
    settled.catch(() => {})
    while (!done) await this.#fake.advance(10)
    return await settled
  }

  #at(ms: number, run: () => void): void {
    this.#clock.setTimeout(run, ms)
  }

  #note(what: string): void {
    this.#trace.update(`${this.#clock.now()} ${what}\n`)
    if (process.env.VIGIA_SIM_TRACE) console.log(`${this.#clock.now()} ${what}`)
  }

  #problem(what: string): void {
    this.#problems.push(`at ${this.#clock.now()} ms: ${what}`)
  }
}

async function recorded(store: Store, id: string): Promise<{ bytes: Buffer; gaps: { atByte: number; ms: number }[] }> {
  const parts: Uint8Array[] = []
  for await (const record of store.audio.read(id)) if (record.kind === 'audio') parts.push(record.bytes)
  const gaps = await store.audio.gaps(id)
  return { bytes: Buffer.concat(parts), gaps: gaps.map(({ atByte, ms }) => ({ atByte, ms })) }
}
