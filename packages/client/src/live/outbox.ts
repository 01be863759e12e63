import type { Timers } from '../std/timers.ts'
import type { Connection } from './connection.ts'
import type { StreamLog } from './stream-log.ts'

/** Bytes the network may hold back before sending pauses: what lies there cannot be taken back after a cut. */
const MAX_BUFFERED_BYTES = 256 * 1024
const BUFFER_CHECK_MS = 50

/** Sends what the log holds over the connection that stands, as fast as it takes it, and the end of the stream after all of it. */
export class Outbox {
  readonly #log: StreamLog
  readonly #timers: Timers
  readonly #onEndSent: () => void
  #connection: Connection | null = null
  #isEnding = false
  #endSent = false
  #stopTimer: (() => void) | null = null

  /** @param onEndSent - called each time the end was sent: again after a reconnect that began before it arrived */
  constructor(log: StreamLog, timers: Timers, onEndSent: () => void) {
    this.#log = log
    this.#timers = timers
    this.#onEndSent = onEndSent
  }

  /** No more will be added to the log. */
  get isEnding(): boolean {
    return this.#isEnding
  }

  /** All was sent, the end too, over the connection that stands or stood last. */
  get endSent(): boolean {
    return this.#endSent
  }

  /** A connection whose config the server has confirmed: sending begins where the log stands. */
  attach(connection: Connection): void {
    this.#connection = connection
    this.#endSent = false
    this.pump()
  }

  detach(): void {
    this.#connection = null
    this.#stopTimer?.()
  }

  end(): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.pump()
  }

  /** Sends what waits, as far as the network takes it. */
  pump(): void {
    const connection = this.#connection
    if (!connection || this.#endSent) return
    while (this.#log.hasUnsent) {
      if (connection.bufferedBytes > MAX_BUFFERED_BYTES) {
        this.#stopTimer?.()
        this.#stopTimer = this.#timers.after(BUFFER_CHECK_MS, () => this.pump())
        return
      }
      const item = this.#log.take()!
      if (item.kind === 'audio') connection.sendBytes(item.bytes)
      else connection.send({ type: 'gap', ms: Math.max(1, Math.round(item.ms)), reason: item.reason, gap_id: item.gapId })
    }
    if (!this.#isEnding) return
    this.#endSent = true
    connection.send({ type: 'end_of_stream' })
    this.#onEndSent()
  }
}
