import type { Clock } from '../../std/clock.ts'
import type { StoredEvent } from '../../store/store.ts'

/** One reader of a session's events over SSE. Stored events are read from the store, so that none is missed or doubled. */

/** The part of a response used here. */
export interface EventSink {
  write(text: string): boolean
  end(): void
  readonly writableLength: number
}

export interface EventStreamOptions {
  out: EventSink
  clock: Clock
  /** The last event the reader knows. */
  afterSeq: number
  read: (afterSeq: number, limit: number) => Promise<StoredEvent[]>
}

/** Keeps proxies from taking a quiet stream for a dead one. */
const HEARTBEAT_MS = 15_000
const PAGE = 200
/** A reader that is this far behind is cut; it comes back with Last-Event-ID. */
const MAX_BUFFERED_BYTES = 1024 * 1024
/** An event is told before it is stored: look again after these times. */
const LOOK_AGAIN_MS = [30, 300, 1500]

export class EventStream {
  readonly #options: EventStreamOptions
  #afterSeq: number
  #ended = false
  #reading = false
  #again = false
  #closing = false
  #stopHeartbeat: () => void = () => {}
  #timers: (() => void)[] = []

  constructor(options: EventStreamOptions) {
    this.#options = options
    this.#afterSeq = options.afterSeq
  }

  /** @param isFinal - nothing more will happen: ends after what is stored */
  start(isFinal: boolean): void {
    this.#closing ||= isFinal
    this.#stopHeartbeat = this.#options.clock.setInterval(() => {
      this.#write(': \n\n')
      void this.#drain()
    }, HEARTBEAT_MS)
    void this.#drain()
  }

  /** Something happened: tells it at once if it is not stored, and looks into the store. */
  notify(momentary: { type: string; data: unknown } | null, isLast: boolean): void {
    if (this.#ended) return
    if (momentary) this.#write(`event: ${momentary.type}\ndata: ${JSON.stringify(momentary.data)}\n\n`)
    else this.#lookSoon(isLast)
  }

  #lookSoon(isLast: boolean): void {
    for (const cancel of this.#timers) cancel()
    this.#timers = LOOK_AGAIN_MS.map((ms, index) =>
      this.#options.clock.setTimeout(() => {
        if (isLast && index === LOOK_AGAIN_MS.length - 1) this.#closing = true
        void this.#drain()
      }, ms),
    )
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopHeartbeat()
    for (const cancel of this.#timers) cancel()
    this.#options.out.end()
  }

  async #drain(): Promise<void> {
    this.#again = true
    if (this.#reading) return
    this.#reading = true
    try {
      while (this.#again && !this.#ended) {
        this.#again = false
        await this.#sendStored()
      }
      if (this.#closing && !this.#ended) {
        this.#write('event: closed\ndata: {}\n\n')
        this.end()
      }
    } catch {
      this.end() // the store failed: the reader comes back with the id it has
    } finally {
      this.#reading = false
    }
  }

  async #sendStored(): Promise<void> {
    for (;;) {
      const events = await this.#options.read(this.#afterSeq, PAGE)
      for (const { seq, type, data } of events) {
        if (this.#ended) return
        this.#write(`id: ${seq}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`)
        this.#afterSeq = seq
      }
      if (events.length < PAGE) return
    }
  }

  #write(text: string): void {
    if (this.#ended) return
    this.#options.out.write(text)
    if (this.#options.out.writableLength > MAX_BUFFERED_BYTES) this.end()
  }
}
