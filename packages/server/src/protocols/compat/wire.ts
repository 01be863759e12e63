import type { WebSocket } from 'ws'
import type { Clock } from '../../std/clock.ts'

/** A socket as the translators need it, and what every one of them wants: order, a bound, a heartbeat. */

export interface Wire {
  send(data: string | Uint8Array): void
  close(code: number, reason: string): void
  /** Stops or resumes reading from the client. */
  setPaused(paused: boolean): void
}

/** What a client sent, in order. */
export interface WireListener {
  text(text: string): void
  binary(bytes: Buffer): void
  closed(): void
}

/** A socket that has not answered two of these pings is dead. */
const HEARTBEAT_MS = 20_000
/** A client that does not read what it is sent is dropped above this. */
const MAX_UNREAD_BYTES = 16 * 1024 * 1024
/** WebSocket close reasons: RFC 6455, 5.5 */
const MAX_REASON_BYTES = 123

export function wireOf(socket: WebSocket): Wire {
  return {
    send(data) {
      if (socket.readyState !== socket.OPEN) return
      if (socket.bufferedAmount > MAX_UNREAD_BYTES) socket.close(1013, 'too slow')
      else socket.send(data)
    },
    close: (code, reason) => socket.close(code, shortReason(reason)),
    setPaused: (paused) => (paused ? socket.pause() : socket.resume()),
  }
}

export function listen(socket: WebSocket, listener: WireListener, clock: Clock): void {
  let missed = 0
  const stop = clock.setInterval(() => {
    if (socket.isPaused) return
    missed += 1
    if (missed > 2) socket.terminate()
    else socket.ping()
  }, HEARTBEAT_MS)
  const alive = (): void => {
    missed = 0
  }
  socket.on('pong', alive)
  socket.on('message', (data, isBinary) => {
    alive()
    const bytes = Buffer.isBuffer(data) ? data : Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
    if (isBinary) listener.binary(bytes)
    else listener.text(bytes.toString('utf8'))
  })
  socket.on('error', () => {}) // `close` follows
  socket.on('close', () => {
    stop()
    listener.closed()
  })
}

function shortReason(reason: string): string {
  let cut = reason
  while (Buffer.byteLength(cut) > MAX_REASON_BYTES) cut = cut.slice(0, -1)
  return cut
}

const MAX_QUEUED_BYTES = 2 * 1024 * 1024

/** Handles messages one after the other, in order; stops reading while too much waits. */
export class MessageQueue {
  readonly #wire: Wire
  readonly #onError: (error: unknown) => void
  #work: Promise<void> = Promise.resolve()
  #bytes = 0
  #tasks = 0
  #paused = false

  constructor(wire: Wire, onError: (error: unknown) => void) {
    this.#wire = wire
    this.#onError = onError
  }

  /** @param bytes - size of the message that the task holds on to */
  add(task: () => void | Promise<void>, bytes = 0): void {
    this.#bytes += bytes
    this.#tasks += 1
    if (this.#bytes > MAX_QUEUED_BYTES && !this.#paused) this.#pause(true)
    this.#work = this.#work.then(async () => {
      try {
        await task()
      } catch (error) {
        this.#onError(error)
      }
      this.#bytes -= bytes
      this.#tasks -= 1
      if (this.#paused && this.#bytes < MAX_QUEUED_BYTES / 2) this.#pause(false)
    })
  }

  /** Resolves when everything added so far was handled. */
  get drained(): Promise<void> {
    return this.#work
  }

  /** Whether something that came is still being handled. */
  get busy(): boolean {
    return this.#tasks > 0
  }

  #pause(paused: boolean): void {
    this.#paused = paused
    this.#wire.setPaused(paused)
  }
}
