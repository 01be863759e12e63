import type { ServerMessage } from '@vigia/protocol'
import type { Clock } from '../../std/clock.ts'

/**
 * Messages on their way to one client. A client that reads slowly first gets fewer interim texts, then no sound of answers, and in
 * the end is cut; its session waits for it. What counts (acknowledgements, final texts, reports) is never left out.
 */

/** The side of the socket that is written. */
export interface OutWire {
  send(text: string): void
  binary(bytes: Uint8Array): void
  /** Bytes that the socket has not passed on. */
  readonly bufferedBytes: number
}

export interface OutboxOptions {
  wire: OutWire
  clock: Clock
  /** Bytes that may wait; above it the client is cut. */
  maxBytes: number
  /** Told once, when it is too slow. */
  onSlow: () => void
  onDropped?: (what: 'interim' | 'sound') => void
}

/** Above this share of the bound interim text waits for the newest one. */
const COALESCE_SHARE = 0.25
/** Above this share sound of answers is left out. */
const SILENT_SHARE = 0.5
const RETRY_MS = 200

export class Outbox {
  readonly #options: OutboxOptions
  /** The newest interim text that waits. */
  #waiting: ServerMessage | null = null
  #stopRetry: (() => void) | null = null
  #closed = false

  constructor(options: OutboxOptions) {
    this.#options = options
  }

  send(message: ServerMessage): void {
    if (this.#closed) return
    if (message.type === 'partial_result') {
      this.#interim(message)
      return
    }
    if (this.#waiting && message.type === 'segment') this.#waiting = null // its final text is here
    this.#write(message)
  }

  /** A message and the binary one that belongs to it. */
  sendSound(message: ServerMessage, bytes: Uint8Array): void {
    if (this.#closed) return
    if (this.#fill > SILENT_SHARE) {
      this.#options.onDropped?.('sound')
      return
    }
    this.#write(message)
    if (!this.#closed) this.#options.wire.binary(bytes)
  }

  /** Nothing more is sent. */
  close(): void {
    this.#closed = true
    this.#stopRetry?.()
    this.#stopRetry = null
  }

  get #fill(): number {
    return this.#options.wire.bufferedBytes / this.#options.maxBytes
  }

  #interim(message: ServerMessage): void {
    if (this.#fill <= COALESCE_SHARE) {
      this.#waiting = null
      this.#write(message)
      return
    }
    if (this.#waiting && this.#waiting !== message) this.#options.onDropped?.('interim')
    this.#waiting = message
    this.#stopRetry ??= this.#options.clock.setTimeout(() => this.#retry(), RETRY_MS)
  }

  #retry(): void {
    this.#stopRetry = null
    const message = this.#waiting
    if (message && !this.#closed) this.#interim(message)
  }

  #write(message: ServerMessage): void {
    this.#options.wire.send(JSON.stringify(message))
    if (this.#fill <= 1) return
    this.close()
    this.#options.onSlow()
  }
}
