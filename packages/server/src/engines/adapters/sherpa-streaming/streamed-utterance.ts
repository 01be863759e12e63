import { VigiaError } from '@vigia/protocol'
import type { AsrEvent, Word } from '../../asr.ts'
import { type PcmChunk, SAMPLE_RATE } from '../../audio.ts'
import type { EngineProcess } from '../../host/engine-process.ts'
import { poisonous } from '../../host/poison-guard.ts'
import { type TokenResult, wordsOf } from '../sherpa/words.ts'
import type { StreamingCalls } from './calls.ts'
import type { StreamTurns } from './stream-turns.ts'

export const DEADLINE_MS = 20_000
/** A hole between chunks up to this long becomes silence; a longer one ends the utterance there. */
const MAX_HOLE_MS = 500

/** What all utterances of a recognizer share. */
export interface StreamingEngine {
  engine: EngineProcess<StreamingCalls>
  turns: StreamTurns
  nextStream: () => number
  /** By how much the library's times are too small. */
  timeScale: number
}

/** One open utterance; where the timeline has a hole, the rest belongs to the next one. */
export class StreamedUtterance {
  readonly #shared: StreamingEngine
  #stream: number
  /** What was heard, to be told again to a new process; an utterance is bounded by endpointing. */
  #heard: Int16Array[] = []
  /** Heard and not told yet: its beginning may be that of a piece that ends the process. */
  #held: Int16Array[] = []
  #told = false
  readonly #language: { language?: string }
  readonly #signal: AbortSignal
  readonly #aborted = Promise.withResolvers<never>()
  readonly #onAbort = (): void => this.#aborted.reject(this.#signal.reason)
  #startMs = 0
  #samples = 0

  /** @param language - told to the model, where it takes one for each utterance */
  constructor(shared: StreamingEngine, language: string | undefined, signal: AbortSignal) {
    this.#shared = shared
    this.#stream = shared.nextStream()
    this.#signal = signal
    this.#language = language === undefined ? {} : { language }
    this.#aborted.promise.catch(() => {})
  }

  get #endMs(): number {
    return this.#startMs + (this.#samples * 1000) / SAMPLE_RATE
  }

  /** @returns the chunk behind a hole, with which the next utterance begins */
  async *run(source: AsyncIterator<PcmChunk>, first: PcmChunk | null): AsyncGenerator<AsrEvent, PcmChunk | null> {
    let shown = ''
    let rest: PcmChunk | null = null
    this.#signal.addEventListener('abort', this.#onAbort, { once: true })
    try {
      for (let chunk = first ?? (await this.#next(source)); chunk; chunk = await this.#next(source)) {
        if (this.#samples > 0 && chunk.startMs - this.#endMs > MAX_HOLE_MS) {
          rest = chunk
          break
        }
        const text = (await this.#feed(chunk))?.text.trim() ?? ''
        if (text === '' || text === shown) continue
        shown = text
        // The last word may still grow; what is before it does not change in greedy search.
        yield {
          type: 'interim',
          text,
          startMs: this.#startMs,
          endMs: this.#endMs,
          confirmedChars: Math.max(0, text.lastIndexOf(' ')),
        }
      }
      if (this.#samples === 0) return rest
      const result = await this.#finish()
      const text = result.text.trim()
      if (text !== '') yield { type: 'final', text, words: this.#words(result), startMs: this.#startMs, endMs: this.#endMs }
      return rest
    } finally {
      this.#signal.removeEventListener('abort', this.#onAbort)
      this.#close(this.#stream)
    }
  }

  async #next(source: AsyncIterator<PcmChunk>): Promise<PcmChunk | null> {
    this.#signal.throwIfAborted()
    const { value, done } = await Promise.race([source.next(), this.#aborted.promise])
    return done ? null : value
  }

  /** @returns null while the beginning is held back */
  async #feed(chunk: PcmChunk): Promise<TokenResult | null> {
    if (this.#samples === 0) this.#startMs = chunk.startMs
    const hole = Math.round(((chunk.startMs - this.#endMs) * SAMPLE_RATE) / 1000)
    const samples = hole >= 16 ? filled(chunk.samples, hole) : chunk.samples
    this.#samples += samples.length
    this.#heard.push(samples)
    this.#held.push(samples)
    const { poison } = this.#shared.turns
    if (!this.#told && !poison.isEmpty && !poison.isDecided(this.#everything())) return null
    return this.#tell()
  }

  /** Tells what is held, unless it is known to end the process. */
  #tell(): Promise<TokenResult> {
    if (!this.#told && this.#shared.turns.poison.has(this.#everything())) throw poisonous()
    const samples = joined(this.#held)
    const first = !this.#told
    this.#held = []
    this.#told = true
    return this.#guarded(
      () => this.#call('feed', { stream: this.#stream, first, samples, ...this.#language }),
      () => this.#again(),
    )
  }

  async #finish(): Promise<TokenResult> {
    if (this.#held.length > 0) await this.#tell()
    return this.#guarded(
      () => this.#call('finish', { stream: this.#stream }),
      async () => {
        await this.#again()
        return this.#call('finish', { stream: this.#stream })
      },
    )
  }

  #guarded(call: () => Promise<TokenResult>, again: () => Promise<TokenResult>): Promise<TokenResult> {
    return this.#shared.turns.run(call, again, () => this.#everything(), this.#signal).catch(asAsrError)
  }

  #again(): Promise<TokenResult> {
    this.#close(this.#stream)
    this.#stream = this.#shared.nextStream()
    return this.#call('feed', { stream: this.#stream, first: true, samples: this.#everything(), ...this.#language })
  }

  #call<M extends 'feed' | 'finish'>(method: M, params: StreamingCalls[M]['params']): Promise<TokenResult> {
    return this.#shared.engine.call(method, params, { deadlineMs: DEADLINE_MS, signal: this.#signal })
  }

  #close(stream: number): void {
    this.#shared.engine.call('close', { stream }, { deadlineMs: DEADLINE_MS }).catch(() => {})
  }

  #everything(): Int16Array {
    if (this.#heard.length > 1) this.#heard = [joined(this.#heard)]
    return this.#heard[0]!
  }

  #words(result: TokenResult): Word[] {
    const timestamps = result.timestamps.map((at) => at * this.#shared.timeScale)
    const durationMs = this.#endMs - this.#startMs
    return wordsOf({ ...result, timestamps }, durationMs).map((word) => ({
      ...word,
      startMs: this.#startMs + word.startMs,
      endMs: this.#startMs + word.endMs,
    }))
  }
}

/** What the handler itself threw is a failed recognition; the host's own errors and aborts pass. */
function asAsrError(error: unknown): never {
  if (VigiaError.is(error) && error.code === 'internal')
    throw new VigiaError('asr_failed', `Recognition failed: ${error.message}`, { cause: error })
  throw error
}

function joined(parts: readonly Int16Array[]): Int16Array {
  if (parts.length === 1) return parts[0]!
  const out = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function filled(samples: Int16Array, hole: number): Int16Array {
  const out = new Int16Array(hole + samples.length)
  out.set(samples, hole)
  return out
}
