import type { ServerMessage } from '@vigia/protocol'
import type { Clock } from '../../std/clock.ts'

/** Acknowledgements of one stream: what was taken, what is durable, what the client was told of it. */

export interface AcksOptions {
  clock: Clock
  send: (message: Extract<ServerMessage, { type: 'ack' }>) => void
  /** For the metrics: how long a piece of audio waited for its acknowledgement. One piece at a time is followed. */
  onAck?: (ms: number) => void
}

/** `ack` at most this often. */
const ACK_MS = 250
/** Chunk ids that wait for their audio to be durable. */
const MAX_WAITING_CHUNKS = 4096

export class Acks {
  readonly #options: AcksOptions
  #lastMs = Number.NEGATIVE_INFINITY
  #stopTimer: (() => void) | null = null
  #durableBytes = 0
  #ackedBytes = 0
  #sentBytes = 0
  #chunks: { id: string | number; end: number }[] = []
  /** The piece that is followed: up to `end` of the stream, taken at `atMs`; none below what is acknowledged. */
  #followed = { end: 0, atMs: 0 }

  constructor(options: AcksOptions) {
    this.#options = options
  }

  /** A session begins or goes on: its client knows of these bytes. */
  begin(receivedBytes: number): void {
    this.#durableBytes = receivedBytes
    this.#sentBytes = receivedBytes
    this.#ackedBytes = receivedBytes
    this.#chunks = []
    this.#followed.end = 0
  }

  /** Audio was taken. */
  took(bytes: number): void {
    this.#sentBytes += bytes
    if (this.#followed.end > 0) return
    this.#followed.end = this.#sentBytes
    this.#followed.atMs = this.#options.clock.now()
  }

  /** What was taken last is the chunk of this id. */
  named(id: string | number): void {
    if (this.#chunks.length < MAX_WAITING_CHUNKS) this.#chunks.push({ id, end: this.#sentBytes })
  }

  /** So much is on disk: told at once, or together with what comes soon. */
  durable(receivedBytes: number): void {
    this.#durableBytes = receivedBytes
    const waitMs = this.#lastMs + ACK_MS - this.#options.clock.now()
    if (waitMs <= 0) this.flush()
    else this.#stopTimer ??= this.#options.clock.setTimeout(() => this.flush(), waitMs)
  }

  /** Tells what has not been told. */
  flush(): void {
    this.stop()
    if (this.#durableBytes === this.#ackedBytes) return
    this.#ackedBytes = this.#durableBytes
    this.#lastMs = this.#options.clock.now()
    this.#measure()
    let chunkId: string | number | undefined
    while (this.#chunks[0] && this.#chunks[0].end <= this.#durableBytes) chunkId = this.#chunks.shift()!.id
    this.#options.send({
      type: 'ack',
      received_bytes: this.#durableBytes,
      ...(chunkId === undefined ? {} : { chunk_id: chunkId }),
    })
  }

  stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = null
  }

  #measure(): void {
    if (this.#followed.end === 0 || this.#followed.end > this.#ackedBytes) return
    this.#followed.end = 0
    this.#options.onAck?.(this.#lastMs - this.#followed.atMs)
  }
}
