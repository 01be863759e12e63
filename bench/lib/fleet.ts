import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'

/**
 * Many clients of the native protocol in one process: each sends a chunk every 100 ms on a schedule of its own that does not
 * wait for the server (open loop), as microphones do. The baselines speak the same few messages.
 */

export const CHUNK_MS = 100
/** 100 ms of 16 kHz mono PCM16. */
export const CHUNK_BYTES = 3200
const TICK_MS = 10
/** Sockets opened at once. */
const OPENING = 50

export interface FleetMessage {
  type: string
  [field: string]: unknown
}

export interface FleetOptions {
  sessions: number
  /** Fields of the config message. */
  config?: Record<string, unknown>
  /** What is sent, from the start again when it ends; noise at a low level when left out. */
  audio?: Uint8Array
  /** Where in `audio` a member begins, bytes; 0 when left out. */
  offsetOf?: (index: number) => number
  /** Offer permessage-deflate, as browsers do. */
  deflate?: boolean
  onMessage?: (member: Member, message: FleetMessage) => void
}

export class Member {
  readonly index: number
  readonly socket: WebSocket
  sentBytes = 0
  ackedBytes = 0
  sessionId = ''
  resumeToken = ''
  /** When its first chunk was due: 0 s of its timeline ends one chunk later. */
  startedAt = 0
  /** When each chunk that is not acknowledged yet was due. */
  readonly waiting: { end: number; at: number }[] = []
  constructor(index: number, socket: WebSocket) {
    this.index = index
    this.socket = socket
  }
}

export class Fleet {
  readonly members: Member[] = []
  /** Milliseconds from a chunk's time to the acknowledgement that covers it. */
  readonly ackMs: number[] = []
  readonly pingMs: number[] = []
  readonly #options: FleetOptions
  readonly #audio: Uint8Array

  private constructor(options: FleetOptions) {
    this.#options = options
    this.#audio = options.audio ?? quietNoise()
  }

  /** Connects all and waits until each has its session. */
  static async open(url: string, options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options)
    for (let at = 0; at < options.sessions; at += OPENING) {
      const count = Math.min(OPENING, options.sessions - at)
      await Promise.all(Array.from({ length: count }, (_, i) => fleet.#connect(url, at + i)))
    }
    return fleet
  }

  /** Sends so many chunks in all, faster than real time, so that compilers have seen what they are to measure. */
  async warmUp(chunks: number, perSecond: number): Promise<void> {
    await this.stream((chunks / perSecond) * 1000, 0, (this.members.length / perSecond) * 1000)
  }

  /** Sends audio for so long, in real time unless told; `pingEveryMs` sends a ping from one session after the other. */
  async stream(ms: number, pingEveryMs = 0, everyMs = CHUNK_MS): Promise<void> {
    const begin = performance.now()
    const due = this.members.map((_, index) => begin + (index * everyMs) / this.members.length)
    let nextPing = begin
    let pinger = 0
    for (let now = begin; now < begin + ms; now = performance.now()) {
      for (const member of this.members) {
        while (due[member.index]! <= now) {
          this.#send(member, due[member.index]!)
          due[member.index]! += everyMs
        }
      }
      if (pingEveryMs > 0 && now >= nextPing) {
        nextPing += pingEveryMs
        void this.#ping(this.members[pinger++ % this.members.length]!)
      }
      await sleep(TICK_MS)
    }
  }

  /** Waits until every byte that was sent is acknowledged. */
  async settled(timeoutMs = 20_000): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (this.members.some((member) => member.ackedBytes < member.sentBytes)) {
      if (performance.now() > deadline) throw new Error('not every byte was acknowledged')
      await sleep(20)
    }
  }

  /** Ends each stream with a count, which the baselines answer with. */
  async counted(): Promise<void> {
    await Promise.all(
      this.members.map(async ({ socket, sentBytes }) => {
        const answer = once(socket, 'message')
        socket.send('{"type":"end_of_stream"}')
        const { received_bytes } = JSON.parse(String((await answer)[0])) as { received_bytes: number }
        if (received_bytes !== sentBytes) throw new Error(`sent ${sentBytes} bytes, it counted ${received_bytes}`)
      }),
    )
  }

  get sentChunks(): number {
    return this.members.reduce((sum, { sentBytes }) => sum + sentBytes / CHUNK_BYTES, 0)
  }

  /** Connects each member again at once, with its token; gives the milliseconds each took until its session was there. */
  async reconnect(url: string): Promise<number[]> {
    const before = [...this.members]
    const begin = performance.now()
    return await Promise.all(
      before.map(async ({ sessionId, resumeToken }, index) => {
        await this.#connect(url, index, { session_id: sessionId, ...(resumeToken ? { resume_token: resumeToken } : {}) })
        return performance.now() - begin
      }),
    )
  }

  /** Drops every socket without a word. */
  drop(): void {
    for (const { socket } of this.members) socket.terminate()
  }

  async #connect(url: string, index: number, resume: Record<string, unknown> = {}): Promise<void> {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/audio`, { perMessageDeflate: this.#options.deflate ?? false })
    const member = new Member(index, socket)
    this.members[index] = member
    await once(socket, 'open')
    const ready = Promise.withResolvers<void>()
    socket.on('message', (data, isBinary) => {
      if (isBinary) return
      const message = JSON.parse(String(data)) as FleetMessage
      if (message.type === 'config_ack') {
        member.sessionId = String(message.session_id)
        member.resumeToken = String(message.resume_token)
        ready.resolve()
      } else if (message.type === 'ack') this.#acked(member, Number(message.received_bytes))
      this.#options.onMessage?.(member, message)
    })
    socket.on('close', (code) => ready.reject(new Error(`the socket closed with ${code}`)))
    socket.send(JSON.stringify({ type: 'config', ...this.#options.config, ...resume }))
    await ready.promise
  }

  #send(member: Member, at: number): void {
    if (member.sentBytes === 0) member.startedAt = at - CHUNK_MS
    const from = ((this.#options.offsetOf?.(member.index) ?? 0) + member.sentBytes) % this.#audio.length
    const chunk = this.#audio.subarray(from, from + CHUNK_BYTES)
    member.socket.send(chunk)
    member.sentBytes += chunk.length
    member.waiting.push({ end: member.sentBytes, at })
    if (member.waiting.length > 600) member.waiting.shift()
  }

  #acked(member: Member, bytes: number): void {
    member.ackedBytes = bytes
    const now = performance.now()
    while (member.waiting[0] && member.waiting[0].end <= bytes) this.ackMs.push(now - member.waiting.shift()!.at)
  }

  async #ping(member: Member): Promise<void> {
    const begin = performance.now()
    const onMessage = (data: unknown, isBinary: boolean): void => {
      if (isBinary || !String(data).startsWith('{"type":"pong"')) return
      member.socket.off('message', onMessage)
      this.pingMs.push(performance.now() - begin)
    }
    member.socket.on('message', onMessage)
    member.socket.send('{"type":"ping"}')
  }
}

/** A second of noise far below speech: the same bytes for every server. */
function quietNoise(): Uint8Array {
  let state = 1
  const samples = Int16Array.from({ length: 16_000 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return state >> 26
  })
  return new Uint8Array(samples.buffer)
}
