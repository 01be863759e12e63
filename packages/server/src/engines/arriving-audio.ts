import type { PcmChunk } from './audio.ts'
import { type UtteranceAudio, UtteranceCollector } from './utterance-audio.ts'

/**
 * Collects audio in the background while something else is busy with what came before. Pulls no more than one piece
 * ahead: a piece that has reached its bound waits until it was taken.
 */
export class ArrivingAudio {
  readonly #iterator: AsyncIterator<PcmChunk>
  readonly #maxMs: number
  readonly #signal: AbortSignal
  #collector: UtteranceCollector
  #rest: PcmChunk | null = null
  /** Milliseconds of the piece at the last decoding. */
  #seenMs = 0
  #pieceEnded = false
  #ended = false
  #failure: { reason: unknown } | null = null
  #wake = Promise.withResolvers<void>()
  #resume: (() => void) | null = null

  constructor(audio: AsyncIterable<PcmChunk>, maxMs: number, signal: AbortSignal) {
    this.#iterator = audio[Symbol.asyncIterator]()
    this.#maxMs = maxMs
    this.#signal = signal
    this.#collector = new UtteranceCollector(maxMs)
    signal.addEventListener('abort', this.#notify)
    void this.#pump()
  }

  /** Begins the next piece; false when no audio is left. */
  async nextPiece(): Promise<boolean> {
    if (this.#pieceEnded) this.#begin()
    await this.#until(() => this.#collector.length > 0 || this.#ended)
    return this.#collector.length > 0
  }

  /** Waits for this much audio since the last time; false when the piece ended first. */
  async moreThan(ms: number): Promise<boolean> {
    await this.#until(() => this.#pieceEnded || this.#ended || this.#collector.durationMs - this.#seenMs >= ms)
    if (this.#pieceEnded || this.#ended) {
      this.#pieceEnded = true
      return false
    }
    this.#seenMs = this.#collector.durationMs
    return true
  }

  /** What has come of the current piece. */
  piece(): UtteranceAudio {
    return this.#collector.snapshot()
  }

  /** Lets go of the source. */
  stop(): void {
    this.#signal.removeEventListener('abort', this.#notify)
    this.#ended = true
    this.#resume?.()
    this.#iterator.return?.()?.then(undefined, () => {})
  }

  async #pump(): Promise<void> {
    try {
      while (!this.#ended) {
        const { value, done } = await this.#iterator.next()
        if (done) break
        await this.#take(value)
      }
    } catch (reason) {
      this.#failure = { reason }
    }
    this.#ended = true
    this.#notify()
  }

  async #take(chunk: PcmChunk): Promise<void> {
    let rest = this.#collector.add(chunk)
    while (rest && !this.#ended) {
      this.#rest = rest
      this.#pieceEnded = true
      const resumed = new Promise<void>((resolve) => (this.#resume = resolve))
      this.#notify()
      await resumed
      rest = this.#rest
    }
    this.#notify()
  }

  #begin(): void {
    this.#collector = new UtteranceCollector(this.#maxMs)
    this.#seenMs = 0
    this.#pieceEnded = false
    const rest = this.#rest
    this.#rest = rest ? this.#collector.add(rest) : null
    if (this.#rest) this.#pieceEnded = true
    else {
      this.#resume?.()
      this.#resume = null
    }
  }

  async #until(reached: () => boolean): Promise<void> {
    for (;;) {
      this.#signal.throwIfAborted()
      if (this.#failure) throw this.#failure.reason
      if (reached()) return
      await this.#wake.promise
    }
  }

  readonly #notify = (): void => {
    this.#wake.resolve()
    this.#wake = Promise.withResolvers<void>()
  }
}
