import type { PcmChunk } from '../engines/audio.ts'
import type { VoiceReader } from '../engines/speaker-embedder.ts'
import type { Familiarity, VoiceTeller } from '../engines/speakers/enrolment.ts'
import { OnlineSpeakers } from '../engines/speakers/online-speakers.ts'
import { msToSamples, samplesToMs } from './stream-clock.ts'

/** Who speaks, while the session lasts: each utterance's voice against those heard before, and those enrolled. The second pass settles it. */

/** Text does not wait longer than this for its speaker, ms. */
const MAX_WAIT_MS = 1500
/** After so many failures in a row nothing more is asked of the model in this session. */
const MAX_FAILURES = 3
/** More of one utterance tells no more about its voice, ms. */
const MAX_CLIP_MS = 8000

/** The speech of one utterance, as it comes. */
export class VoiceClip {
  readonly #fromMs: number
  readonly #samples = new Int16Array(msToSamples(MAX_CLIP_MS))
  #length = 0

  /** @param fromMs - where speech begins on the timeline; what was recorded before it is left out */
  constructor(fromMs: number) {
    this.#fromMs = fromMs
  }

  push({ samples, startMs }: PcmChunk): void {
    const skip = Math.max(0, msToSamples(this.#fromMs - startMs))
    const taken = samples.subarray(skip, skip + this.#samples.length - this.#length)
    this.#samples.set(taken, this.#length)
    this.#length += taken.length
  }

  /** Without the silence that ended the utterance. */
  until(endMs: number): Int16Array {
    return this.#samples.subarray(0, Math.max(0, Math.min(this.#length, msToSamples(endMs - this.#fromMs))))
  }
}

export interface HeardVoice {
  /** `S1`, `S2` …; null when nobody can be told, or not in time. */
  speaker: string | null
  /** Null when it cannot be told, or nobody is enrolled. */
  familiarity: Familiarity | null
}

const NOBODY: HeardVoice = { speaker: null, familiarity: null }

export interface LiveVoicesOptions {
  voices: VoiceReader
  /** False: speakers are not numbered. */
  labels?: boolean
  teller?: VoiceTeller | null
  /** Told of each failure; text goes on without a speaker. */
  onError: (error: unknown) => void
  maxWaitMs?: number
}

export class LiveVoices {
  readonly #options: LiveVoicesOptions
  readonly #speakers: OnlineSpeakers
  #busy = false
  #failures = 0

  constructor(options: LiveVoicesOptions) {
    this.#options = options
    this.#speakers = new OnlineSpeakers(options.voices.thresholds.mergeDistance)
  }

  async hear(samples: Int16Array, signal: AbortSignal): Promise<HeardVoice> {
    if (this.#busy || this.#failures >= MAX_FAILURES || samples.length === 0) return NOBODY
    this.#busy = true
    const work = this.#work(samples, signal).finally(() => {
      this.#busy = false
    })
    const late = Promise.withResolvers<HeardVoice>()
    const timer = setTimeout(() => late.resolve(NOBODY), this.#options.maxWaitMs ?? MAX_WAIT_MS)
    return Promise.race([work, late.promise]).finally(() => clearTimeout(timer))
  }

  async #work(samples: Int16Array, signal: AbortSignal): Promise<HeardVoice> {
    try {
      const embedding = await this.#options.voices.embed(samples, signal)
      this.#failures = 0
      return embedding ? this.#tell(embedding, samplesToMs(samples.length)) : NOBODY
    } catch (error) {
      this.#failures += 1
      if (!signal.aborted) this.#options.onError(error)
      return NOBODY
    }
  }

  #tell(embedding: Float32Array, durationMs: number): HeardVoice {
    const { labels = true, teller } = this.#options
    return {
      speaker: labels ? (this.#speakers.label(embedding, durationMs)?.speaker ?? null) : null,
      familiarity: teller?.(embedding, durationMs) ?? null,
    }
  }
}
