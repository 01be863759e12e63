import { randomBytes } from 'node:crypto'
import type { ServerMessage } from '@vigia/protocol'
import { WebSocket } from 'ws'
import { streamBytes } from '../helpers/stream-bytes.ts'

/** A client that remembers what it was promised, over any number of deaths of its server. */

/** What the verifier is told of one session. */
export interface Promised {
  session: string
  acked?: number
  sent?: Buffer
  gaps: string[]
  ended: boolean
  erased: boolean
  photos: { id: string; sha256: string }[]
}

interface Stream {
  no: number
  id: string
  token: string | null
  acked: number
  /** End of the stream as far as it was ever sent. */
  sentBytes: number
  /** Gaps by the byte at which they stand. */
  gaps: Map<number, string>
  ended: boolean
  erased: boolean
  /** Asked to be erased, with no answer yet: either is right. */
  erasing: boolean
}

const GAP_EVERY = 9000

export class KillClient {
  readonly streams: Stream[] = []
  readonly photos: { id: string; sha256: string }[] = []
  readonly #prefix: string
  readonly #random: () => number
  #lockedOut: string | null = null

  constructor(prefix: string, random: () => number) {
    this.#prefix = prefix
    this.#random = random
  }

  /**
   * Talks until the server is gone or `chunks` are through; never throws for a server that dies. What leads past the place
   * `toward` is always done, the rest by chance.
   */
  async talk(url: string, chunks: number, toward = ''): Promise<void> {
    const does = (way: RegExp, chance: number): boolean => this.#random() < chance || way.test(toward)
    for (const stream of this.streams) if (stream.erasing && !(await this.#erase(url, stream))) return
    const old = this.streams.find((stream) => stream.ended && !stream.erased)
    if (old && does(/^(erase|journal_files)_/, 0.7) && !(await this.#erase(url, old))) return
    if (does(/^photo_/, 0.6) && !(await this.#photo(url))) return
    await this.#stream(url, chunks, does(/^(end|erase|recording|journal_files)_/, 0.4))
  }

  promised(): Promised[] {
    return this.streams
      .filter((stream) => !stream.erasing)
      .map((stream) => ({
        session: stream.id,
        ...(stream.token === null ? {} : { acked: stream.acked }),
        sent: streamBytes(stream.no, 0, stream.sentBytes),
        gaps: [...stream.gaps].filter(([at]) => at < stream.acked).map(([, id]) => id),
        ended: stream.ended,
        erased: stream.erased,
        photos: this.photos,
      }))
  }

  async #erase(url: string, stream: Stream): Promise<boolean> {
    stream.erasing = true
    const status = await fetch(`${url}/sessions/${stream.id}`, { method: 'DELETE' }).then(
      (answer) => answer.status,
      () => null,
    )
    if (status === null) return false
    if (status !== 204 && status !== 500) throw new Error(`erasing answered ${status}`)
    stream.erasing = false
    stream.erased = true
    return true
  }

  async #photo(url: string): Promise<boolean> {
    const id = `${this.#prefix}-${this.photos.length}-${randomBytes(4).toString('hex')}`
    const body = streamBytes(99, this.photos.length, 5000)
    const headers = { 'content-type': 'application/octet-stream' }
    const answer = await fetch(`${url}/photo/${id}`, { method: 'PUT', body: new Uint8Array(body), headers }).catch(() => null)
    if (!answer?.ok) return false
    const sha256 = await answer.text().catch(() => null)
    if (sha256 !== null) this.photos.push({ id, sha256 })
    return sha256 !== null
  }

  #current(): Stream {
    const open = this.streams.find((stream) => !stream.ended && stream.token !== null)
    if (open) return open
    const no = this.streams.length
    const stream = {
      no,
      id: `${this.#prefix}-${no}`,
      token: null,
      acked: 0,
      sentBytes: 0,
      ended: false,
      erased: false,
      erasing: false,
    }
    this.streams.push({ ...stream, gaps: new Map() })
    return this.streams.at(-1)!
  }

  async #stream(url: string, chunks: number, end: boolean): Promise<void> {
    const stream = this.#current()
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws/audio`)
    const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()))
    socket.on('error', () => {})
    const acked = Promise.withResolvers<number>()
    const done = Promise.withResolvers<void>()
    let target = Number.POSITIVE_INFINITY
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as ServerMessage
      if (message.type === 'config_ack') {
        stream.token = message.resume_token
        if (message.received_bytes < stream.acked)
          throw new Error(`acknowledged ${stream.acked}, resumed at ${message.received_bytes}`)
        stream.acked = message.received_bytes
        acked.resolve(message.received_bytes)
      } else if (message.type === 'ack') {
        stream.acked = Math.max(stream.acked, message.received_bytes)
        if (stream.acked >= target) done.resolve()
      } else if (message.type === 'final_result') {
        stream.ended = true
        done.resolve()
      } else if (message.type === 'error') {
        if (message.code === 'resume_denied') this.#lockedOut = stream.id
        if (message.code === 'session_not_live') stream.ended = true
        done.resolve()
        acked.resolve(-1)
      }
    })
    socket.on('open', () => {
      const resume = stream.token === null ? {} : { resume_token: stream.token }
      socket.send(JSON.stringify({ type: 'config', session_id: stream.id, results: 'end', analyze: false, ...resume }))
    })
    const from = await Promise.race([acked.promise, gone.then(() => -1)])
    if (from >= 0) {
      const to = this.#send(socket, stream, from, chunks)
      // now and then it leaves at the first word, with the rest on its way
      if (end) socket.send(JSON.stringify({ type: 'end_of_stream' }))
      else target = this.#random() < 0.5 ? from + 1 : to
      if (stream.acked >= target) done.resolve()
      await Promise.race([done.promise, gone])
    }
    socket.terminate()
    await gone
    if (this.#lockedOut !== null) throw new Error(`the client of ${this.#lockedOut} was not let in again`)
  }

  #send(socket: WebSocket, stream: Stream, from: number, chunks: number): number {
    let at = from
    for (let i = 0; i < chunks; i++) {
      const next = Math.ceil((at + 1) / GAP_EVERY) * GAP_EVERY
      const length = Math.min(next - at, 2 * (200 + Math.floor(this.#random() * 1500)))
      if (at > 0 && at % GAP_EVERY === 0) {
        const id = `g${at}`
        stream.gaps.set(at, id)
        socket.send(JSON.stringify({ type: 'gap', ms: 20, reason: 'network', gap_id: id }))
      }
      socket.send(streamBytes(stream.no, at, length))
      at += length
    }
    stream.sentBytes = Math.max(stream.sentBytes, at)
    return at
  }
}
