import type { ExcludedReason } from '@vigia/protocol'
import type { PcmChunk } from './audio.ts'

/** Automatic speech recognition: one utterance in, interim and final text out. */

/** What a recognizer can do; callers ask here, not by its name. */
export interface AsrCapabilities {
  /** Gives text while the utterance is still open. */
  interim: boolean
  wordTimes: boolean
  confidence: boolean
  punctuation: boolean
  /** BCP 47 primary tags, or `any`. */
  languages: readonly string[] | 'any'
  /** Accepts `language: "auto"`. */
  detectsLanguage: boolean
  hotwords: boolean
  /** Names speakers itself (`Word.speaker`). */
  speakers: boolean
  /** Longest utterance it takes in one piece; longer ones are cut before it. */
  maxUtteranceMs: number
}

export interface Word {
  text: string
  startMs: number
  endMs: number
  confidence?: number
  speaker?: string
}

/** Recognized text with its place on the session timeline. */
export interface Transcription extends Span {
  text: string
  words: Word[]
  confidence?: number
  /** BCP 47 tag, when the recognizer told it. */
  language?: string
  /** Set when the recognizer itself knows that this text does not count. */
  excluded?: ExcludedReason
}
interface Span {
  startMs: number
  endMs: number
}

export type AsrEvent =
  /** Replaces the previous interim; the first `confirmedChars` characters will not change. */
  { type: 'interim'; text: string; startMs: number; endMs: number; confirmedChars: number } | ({ type: 'final' } & Transcription)

export interface AsrOptions {
  /** BCP 47 tag or `auto`. */
  language: string
  hotwords?: readonly string[]
  /** `live` may trade accuracy for latency. */
  purpose: 'live' | 'final'
}

/** An `Asr` you hold is loaded; dispose it to free the model. */
export interface Asr extends AsyncDisposable {
  readonly id: string
  readonly model: string
  readonly capabilities: AsrCapabilities
  /** What a user should know, shown in `config_ack.engines` and the report. */
  readonly note?: string
  /**
   * Transcribes one utterance; ends after the last final once `audio` has ended. Silence gives no event, or a final with empty text.
   *
   * @throws VigiaError `asr_failed`, `engine_crashed`, `engine_timeout`, `language_not_supported`; the signal's reason when aborted
   */
  transcribe(audio: AsyncIterable<PcmChunk>, options: AsrOptions, signal: AbortSignal): AsyncIterable<AsrEvent>
}

/** Decodes one whole utterance; what an offline adapter writes, see `offlineAsr` in `offline-asr.ts`. */
export type Decode = (
  samples: Int16Array,
  options: AsrOptions,
  signal: AbortSignal,
) => Promise<Omit<Transcription, 'startMs' | 'endMs'>> // word times relative to the first sample
