import type { ClientMessageInput, ServerMessage } from '@vigia/protocol'
import type { Timers } from '../std/timers.ts'

/** One WebSocket to the server: messages in and out, and a heartbeat that finds connections that are dead without saying so. */

export interface ConnectionHandlers {
  open(): void
  message(message: ServerMessage): void
  /** A binary message. */
  binary(data: Uint8Array): void
  /** Called once. `code` 1006: lost without a word. */
  closed(code: number): void
}

export interface ConnectionSettings {
  timers: Timers
  heartbeatMs: number
  deadAfterMs: number
}

/** Close code given when nothing came for too long. */
export const DEAD = 1006

export class Connection {
  readonly #socket: WebSocket
  readonly #handlers: ConnectionHandlers
  readonly #settings: ConnectionSettings
  #stopHeartbeat: (() => void) | null = null
  #heardAt: number
  #closed = false

  constructor(socket: WebSocket, handlers: ConnectionHandlers, settings: ConnectionSettings) {
    this.#socket = socket
    this.#handlers = handlers
    this.#settings = settings
    this.#heardAt = settings.timers.now()
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      this.#heardAt = settings.timers.now()
      if (!this.#closed) handlers.open()
    }
    socket.onmessage = ({ data }) => this.#message(data as string | ArrayBuffer)
    socket.onclose = ({ code }) => this.#end(code)
    socket.onerror = () => {} // `close` follows
    this.#beat()
  }

  /** Bytes the network has not taken yet. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(message: ClientMessageInput): void {
    if (!this.#closed) this.#socket.send(JSON.stringify(message))
  }

  sendBytes(bytes: Uint8Array): void {
    if (!this.#closed) this.#socket.send(bytes as Uint8Array<ArrayBuffer>)
  }

  /** Lets go of the socket; `closed` is not called. */
  close(code = 1000): void {
    this.#closed = true
    this.#stopHeartbeat?.()
    this.#socket.onmessage = null
    this.#socket.onclose = null
    this.#socket.close(code)
  }

  #message(data: string | ArrayBuffer): void {
    if (this.#closed) return
    this.#heardAt = this.#settings.timers.now()
    if (typeof data !== 'string') {
      this.#handlers.binary(new Uint8Array(data))
      return
    }
    const message = parse(data)
    if (message) this.#handlers.message(message)
  }

  #beat(): void {
    const { timers, heartbeatMs, deadAfterMs } = this.#settings
    this.#stopHeartbeat = timers.after(heartbeatMs, () => {
      if (timers.now() - this.#heardAt > deadAfterMs) {
        this.close(4000)
        this.#handlers.closed(DEAD)
        return
      }
      if (this.#socket.readyState === 1) this.send({ type: 'ping' })
      this.#beat()
    })
  }

  #end(code: number): void {
    if (this.#closed) return
    this.#closed = true
    this.#stopHeartbeat?.()
    this.#handlers.closed(code)
  }
}

/** What is not a message of ours is ignored, as the protocol asks of receivers. */
function parse(text: string): ServerMessage | null {
  try {
    const value = JSON.parse(text) as { type?: unknown } | null
    return typeof value?.type === 'string' ? (value as ServerMessage) : null
  } catch {
    return null
  }
}
