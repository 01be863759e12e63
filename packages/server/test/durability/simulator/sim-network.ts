import type { Wire } from '../../../src/protocols/native/connection.ts'
import type { Clock } from '../../../src/std/clock.ts'

/** What the server does with a connection. */
export interface ServerEnd {
  text(text: string): void
  binary(bytes: Buffer): void
  closed(): void
}

interface Direction {
  /** From here on nothing arrives. */
  deadAt: number
  lastAt: number
  bytes: number
}

const MAX_LATENCY_MS = 60

/**
 * One connection, as TCP has them: messages come in order or not at all, and each end learns of the other's end when it does. A
 * connection may die in one direction first, and an end may not hear of it for a long time (half open).
 */
export class SimLink {
  readonly #clock: Clock
  readonly #random: () => number
  readonly #up: Direction = { deadAt: Number.POSITIVE_INFINITY, lastAt: 0, bytes: 0 }
  readonly #down: Direction = { deadAt: Number.POSITIVE_INFINITY, lastAt: 0, bytes: 0 }
  #server: ServerEnd | null = null
  #serverGone = false
  #paused: (() => void)[] | null = null
  readonly socket: SimSocket

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock
    this.#random = random
    this.socket = new SimSocket(this)
  }

  /** The server takes the connection. */
  accept(makeServerEnd: (wire: Wire) => ServerEnd): void {
    const link = this
    this.#later(this.#down, 0, () => {
      if (this.#serverGone) return
      this.#server = makeServerEnd({
        send: (text) => link.#toClient(text),
        binary: (bytes) => link.#toClient(bytes.slice().buffer),
        get bufferedBytes() {
          return link.#down.bytes
        },
        close: (code) => link.#closeByServer(code),
        setPaused: (paused) => link.#pause(paused),
      })
      this.#later(this.#down, 0, () => this.socket.opened())
    })
  }

  refuse(): void {
    this.#serverGone = true
    this.#clock.setTimeout(() => this.socket.ended(1006), this.#random() * MAX_LATENCY_MS)
  }

  get unsentBytes(): number {
    return this.#up.bytes
  }

  toServer(data: string | Uint8Array): void {
    const bytes = typeof data === 'string' ? data : Buffer.from(data)
    this.#later(this.#up, bytes.length, () => {
      const deliver = (): void => {
        if (this.#serverGone) return
        if (typeof bytes === 'string') this.#server?.text(bytes)
        else this.#server?.binary(bytes)
      }
      if (this.#paused) this.#paused.push(deliver)
      else deliver()
    })
  }

  /** Dies: each direction and each end's knowledge at a time of its own. */
  cut(maxSilentMs: number): void {
    const now = this.#clock.now()
    this.#up.deadAt = Math.min(this.#up.deadAt, now + this.#random() * 300)
    this.#down.deadAt = Math.min(this.#down.deadAt, now + this.#random() * 300)
    const dead = Math.max(this.#up.deadAt, this.#down.deadAt) - now
    this.#clock.setTimeout(() => this.#serverClosed(), dead + this.#random() * maxSilentMs)
    this.#clock.setTimeout(() => this.socket.ended(1006), dead + this.#random() * maxSilentMs)
  }

  /** The server's process is gone; its machine answers with a reset, or is silent because it is gone too. */
  serverDied(isSilent: boolean): void {
    this.#serverGone = true
    this.#up.deadAt = this.#clock.now()
    this.#down.deadAt = this.#clock.now()
    if (!isSilent) this.#clock.setTimeout(() => this.socket.ended(1006), this.#random() * MAX_LATENCY_MS)
  }

  closeByClient(): void {
    this.#down.deadAt = this.#clock.now()
    this.#later(this.#up, 0, () => this.#serverClosed())
  }

  #closeByServer(code: number): void {
    this.#up.deadAt = this.#clock.now()
    this.#later(this.#down, 0, () => this.socket.ended(code))
    this.#later(this.#down, 0, () => this.#serverClosed())
  }

  #serverClosed(): void {
    if (this.#serverGone) return
    this.#serverGone = true
    this.#server?.closed()
  }

  #toClient(data: string | ArrayBuffer): void {
    this.#later(this.#down, typeof data === 'string' ? data.length : data.byteLength, () => this.socket.received(data))
  }

  /** In order, with a random delay; not at all once the direction is dead. */
  #later(direction: Direction, bytes: number, deliver: () => void): void {
    direction.lastAt = Math.max(direction.lastAt, this.#clock.now() + this.#random() * MAX_LATENCY_MS)
    direction.bytes += bytes
    this.#clock.setTimeout(() => {
      if (this.#clock.now() >= direction.deadAt) return
      direction.bytes -= bytes
      deliver()
    }, direction.lastAt - this.#clock.now())
  }

  #pause(paused: boolean): void {
    if (paused) {
      this.#paused ??= []
      return
    }
    const waiting = this.#paused ?? []
    this.#paused = null
    for (const deliver of waiting) deliver()
  }
}

/** The part of a browser's WebSocket that the client uses. */
export class SimSocket {
  readonly #link: SimLink
  binaryType = ''
  readyState = 0
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null
  onerror: (() => void) | null = null

  constructor(link: SimLink) {
    this.#link = link
  }

  get bufferedAmount(): number {
    return this.#link.unsentBytes
  }

  send(data: string | Uint8Array): void {
    if (this.readyState === 1) this.#link.toServer(typeof data === 'string' ? data : data.slice())
  }

  close(): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.#link.closeByClient()
  }

  opened(): void {
    if (this.readyState !== 0) return
    this.readyState = 1
    this.onopen?.()
  }

  received(data: string | ArrayBuffer): void {
    if (this.readyState === 1) this.onmessage?.({ data })
  }

  ended(code: number): void {
    if (this.readyState === 3) return
    this.readyState = 3
    this.onclose?.({ code })
  }
}
