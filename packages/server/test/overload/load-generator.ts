import { setTimeout as sleep } from 'node:timers/promises'
import { LiveClient } from '../helpers/live-client.ts'
import { askUpgrade, type Upgrade } from '../helpers/upgrade.ts'

/**
 * Load from a process of its own, open-loop: everything has its time on a clock that does not wait for the server.
 * `node load-generator.ts PLAN_JSON` prints {@link Outcome} as JSON.
 */

export interface Plan {
  url: string
  /** Sessions that speak to the end. */
  speakers: number
  /** Clients that come besides, whether or not there is room. */
  arrivals: number
  /** One of them comes each so many milliseconds. */
  arrivalMs: number
  /** What speakers say, over and over: 16 kHz PCM16. */
  talkBase64: string
}

export interface Outcome {
  /** As the server told the speakers. */
  tiers: string[]
  /** Of the speakers, in the same order. */
  sessions: string[]
  /** Of each arrival: how it was answered, and after how long. */
  upgrades: Upgrade[]
  /** Milliseconds from each chunk to the acknowledgement that covers it. */
  ackMs: number[]
  /** Bytes that each speaker sent. */
  sentBytes: number
  /** Seconds and segments of each speaker's result. */
  results: { duration: number; segments: number }[]
}

const TICK_MS = 100
const CHUNK = 16 * TICK_MS * 2
/** Speakers do not begin together. */
const OFFSET_CHUNKS = 5

/** Calls at `everyMs` of its own clock, `count` times; what is late is made up for at once. */
async function onSchedule(count: number, everyMs: number, act: (index: number) => void): Promise<void> {
  const begunAt = performance.now()
  for (let index = 0; index < count; index += 1) {
    const waitMs = begunAt + index * everyMs - performance.now()
    if (waitMs > 0) await sleep(waitMs)
    act(index)
  }
}

class Speaker {
  readonly #client: LiveClient
  readonly #talk: Buffer
  readonly #offset: number
  readonly #sentAt: number[] = []
  #acked = 0

  constructor(client: LiveClient, talk: Buffer, no: number, ackMs: number[]) {
    this.#client = client
    this.#talk = talk
    this.#offset = no * OFFSET_CHUNKS
    client.onMessage = (message) => {
      if (message.type !== 'ack') return
      for (; (this.#acked + 1) * CHUNK <= message.received_bytes; this.#acked += 1)
        ackMs.push(performance.now() - this.#sentAt[this.#acked]!)
    }
  }

  say(tick: number): void {
    const at = ((tick + this.#offset) * CHUNK) % this.#talk.length
    this.#sentAt.push(performance.now())
    this.#client.raw(this.#talk.subarray(at, at + CHUNK))
  }

  async end(): Promise<Outcome['results'][number]> {
    this.#client.send({ type: 'end_of_stream' })
    const { duration, segments } = await this.#client.next('final_result', 0, 90_000)
    await this.#client[Symbol.asyncDispose]()
    return { duration, segments: segments.length }
  }
}

async function run({ url, speakers: count, arrivals, arrivalMs, talkBase64 }: Plan): Promise<Outcome> {
  const talk = Buffer.from(talkBase64, 'base64')
  const clients = await Promise.all(Array.from({ length: count }, () => LiveClient.connect(url)))
  const acks = await Promise.all(clients.map((client) => client.open({ analyze: false, diarize: false })))
  const ackMs: number[] = []
  const speakers = clients.map((client, no) => new Speaker(client, talk, no, ackMs))
  const ticks = Math.ceil((arrivals * arrivalMs) / TICK_MS)
  const asked: Promise<Upgrade>[] = []
  await Promise.all([
    onSchedule(ticks, TICK_MS, (tick) => {
      for (const speaker of speakers) speaker.say(tick)
    }),
    onSchedule(arrivals, arrivalMs, () => void asked.push(askUpgrade(url))),
  ])
  const upgrades = await Promise.all(asked)
  const results = await Promise.all(speakers.map((speaker) => speaker.end()))
  const tiers = acks.map(({ tier }) => tier)
  const sessions = acks.map(({ session_id }) => session_id)
  return { tiers, sessions, upgrades, ackMs, sentBytes: ticks * CHUNK, results }
}

if (import.meta.main) process.stdout.write(`${JSON.stringify(await run(JSON.parse(process.argv[2]!) as Plan))}\n`)
