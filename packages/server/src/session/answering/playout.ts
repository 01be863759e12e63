import type { Clock } from '../../std/clock.ts'

/**
 * Lets the sound of one answer out: at most {@link AHEAD_MS} ahead of real time, so that what was sent is nearly what was heard
 * and a barge-in has little to throw away. Knows where the listener is by the clock, or by the client's own reports.
 */

/** How far the sent audio may lie before what is heard. */
export const AHEAD_MS = 300
/** Sound that may wait here, ms; a voice that is faster waits. */
const MAX_WAITING_MS = 60_000

/** A piece of the answer. Without samples it is text that somebody else speaks, with the time that takes. */
export interface PlayoutChunk {
  fragment: number
  text?: string
  samples: Int16Array | null
  sampleRate: number
  durationMs: number
}

export interface PlayoutOptions {
  clock: Clock
  paced: boolean
  send: (chunk: PlayoutChunk, startMs: number) => void
  /** Everything was handed over. */
  onDrained: () => void
  /** The last sound was heard. */
  onFinished: () => void
}

interface Sent {
  chunk: PlayoutChunk
  startMs: number
}

export class Playout {
  readonly #options: PlayoutOptions
  #queue: PlayoutChunk[] = []
  #queuedMs = 0
  #sent: Sent[] = []
  #sentMs = 0
  /** Where the listener was at a moment; runs on from there while nothing holds it. */
  #base = { clockMs: 0, posMs: 0 }
  #held = false
  #complete = false
  #ended = false
  #drained = false
  #reportedMs: number | null = null
  #timer: (() => void) | null = null
  #room: (() => void)[] = []

  constructor(options: PlayoutOptions) {
    this.#options = options
  }

  /** Milliseconds that were handed over. */
  get sentMs(): number {
    return this.#sentMs
  }

  /** Milliseconds that were heard: as the client reports, else by the clock. */
  get heardMs(): number {
    const posMs = this.#posMs()
    return this.#reportedMs === null ? posMs : Math.min(this.#sentMs, Math.max(this.#reportedMs, 0))
  }

  /** Resolves when there is room for more. */
  async push(chunk: PlayoutChunk): Promise<void> {
    if (this.#ended) return
    this.#queue.push(chunk)
    this.#queuedMs += chunk.durationMs
    this.#pump()
    while (this.#queuedMs > MAX_WAITING_MS && !this.#ended) await new Promise<void>((resolve) => this.#room.push(resolve))
  }

  /** Nothing more is coming. */
  complete(): void {
    this.#complete = true
    this.#pump()
  }

  hold(): void {
    if (this.#held) return
    this.#base = { clockMs: this.#options.clock.now(), posMs: this.#posMs() }
    this.#held = true
    this.#stopTimer()
  }

  resume(): void {
    if (!this.#held) return
    this.#held = false
    this.#base = { ...this.#base, clockMs: this.#options.clock.now() }
    this.#pump()
  }

  /** The client lost what it had not played: that part is sent again. */
  rewind(): void {
    const heardMs = this.heardMs
    const again = this.#sent.filter(({ chunk, startMs }) => startMs + chunk.durationMs > heardMs)
    if (again.length === 0) return
    this.#sent = this.#sent.filter((one) => !again.includes(one))
    this.#queue = [...again.map(({ chunk }) => chunk), ...this.#queue]
    this.#queuedMs += again.reduce((sum, { chunk }) => sum + chunk.durationMs, 0)
    this.#sentMs = again[0]!.startMs
    this.#base = { clockMs: this.#options.clock.now(), posMs: this.#sentMs }
  }

  /** The client says how far it has played. */
  report(playedMs: number): void {
    this.#reportedMs = Math.max(this.#reportedMs ?? 0, playedMs)
    this.#pump()
  }

  /** Stops at once; nothing more is sent. */
  stop(): void {
    this.#ended = true
    this.#queue = []
    this.#queuedMs = 0
    this.#stopTimer()
    this.#wakeRoom()
  }

  #posMs(): number {
    const { clockMs, posMs } = this.#base
    return this.#held ? posMs : Math.min(this.#sentMs, posMs + this.#options.clock.now() - clockMs)
  }

  #pump(): void {
    if (this.#ended || this.#held) return
    this.#stopTimer()
    while (this.#queue.length > 0 && this.#mayAhead()) this.#send(this.#queue.shift()!)
    const aheadMs = this.#sentMs - this.#posMs()
    this.#sent = this.#sent.filter(({ chunk, startMs }) => startMs + chunk.durationMs > this.heardMs - 1000)
    if (this.#queue.length === 0 && this.#complete && !this.#drained) {
      this.#drained = true
      this.#options.onDrained()
    }
    if (this.#queue.length > 0) this.#wait(aheadMs + this.#queue[0]!.durationMs - AHEAD_MS)
    else if (this.#complete && aheadMs <= 0) this.#finish()
    else if (this.#complete) this.#wait(aheadMs)
  }

  #mayAhead(): boolean {
    if (!this.#options.paced || this.#queue[0]!.samples === null) return true
    const aheadMs = this.#sentMs - this.#posMs()
    return aheadMs <= 0 || aheadMs + this.#queue[0]!.durationMs <= AHEAD_MS
  }

  #send(chunk: PlayoutChunk): void {
    const posMs = this.#posMs()
    if (posMs >= this.#sentMs) this.#base = { clockMs: this.#options.clock.now(), posMs: this.#sentMs }
    const startMs = this.#sentMs
    this.#sentMs += chunk.durationMs
    this.#queuedMs -= chunk.durationMs
    this.#sent.push({ chunk, startMs })
    if (this.#queuedMs <= MAX_WAITING_MS) this.#wakeRoom()
    this.#options.send(chunk, startMs)
  }

  #wait(ms: number): void {
    this.#timer = this.#options.clock.setTimeout(
      () => {
        this.#timer = null
        this.#pump()
      },
      Math.max(1, ms),
    )
  }

  #finish(): void {
    this.#ended = true
    this.#options.onFinished()
  }

  #stopTimer(): void {
    this.#timer?.()
    this.#timer = null
  }

  #wakeRoom(): void {
    const waiting = this.#room
    this.#room = []
    for (const wake of waiting) wake()
  }
}
