import type { Segment } from '@vigia/protocol'
import type { Json } from '../compat/read.ts'
import type { VoiceAt } from './live-speakers.ts'
import type { ListenOptions, ModelInfo } from './options.ts'
import { confidenceOf, type DeepgramWord, toWords, transcriptOf } from './transcript.ts'

/**
 * The messages of one channel. Finals follow each other without holes or overlap, interims repeat the window that is still open, words
 * lie inside their window. Pure.
 */

export interface ResultsHead {
  request_id: string
  model_info: ModelInfo
  model_uuid: string
}

export class ChannelResults {
  readonly #options: ListenOptions
  readonly #head: ResultsHead
  readonly #index: [number, number]
  /** Start of the open window, seconds. */
  #from = 0
  #lastWordEnd = -1
  #speaking = false
  /** Stream time, ms, at which speech stopped whose text has not come. */
  #awaitedSinceMs: number | null = null
  #utteranceEndSent = true

  constructor(options: ListenOptions, head: ResultsHead, index: [number, number]) {
    this.#options = options
    this.#head = head
    this.#index = index
  }

  speechStarted(atMs: number): Json[] {
    this.#speaking = true
    return this.#options.vadEvents ? [{ type: 'SpeechStarted', channel: this.#index, timestamp: seconds(atMs) }] : []
  }

  speechStopped(atMs: number): void {
    this.#speaking = false
    this.#awaitedSinceMs = atMs
  }

  interim(text: string, startMs: number, receivedMs: number): Json[] {
    if (!this.#options.interim || text.trim() === '') return []
    const end = Math.max(seconds(receivedMs), this.#from)
    const words = this.#inWindow({ id: '', rev: 0, text, start: seconds(startMs), end }, end, undefined)
    return [this.#results(words, end, { is_final: false, speech_final: false })]
  }

  /** @param voiceAt - numbers the voices, where that was asked for */
  final(segment: Segment, flags: { voiceAt?: VoiceAt | undefined; fromFinalize: boolean }): Json[] {
    const end = Math.max(segment.end, this.#from)
    const words = this.#inWindow(segment, end, flags.voiceAt)
    const message = this.#results(words, end, {
      is_final: true,
      speech_final: this.#options.endpointing !== false && !flags.fromFinalize,
      from_finalize: flags.fromFinalize,
    })
    this.#from = end
    this.#awaitedSinceMs = null
    this.#lastWordEnd = words.at(-1)?.end ?? this.#lastWordEnd
    this.#utteranceEndSent = words.length === 0 && this.#utteranceEndSent
    return [message]
  }

  /** The answer to a `Finalize` that found nothing to flush. */
  emptyFinal(receivedMs: number): Json {
    const end = Math.max(seconds(receivedMs), this.#from)
    const message = this.#results([], end, { is_final: true, speech_final: false, from_finalize: true })
    this.#from = end
    return message
  }

  /** `UtteranceEnd` when nobody has spoken for long enough, once a gap. */
  tick(receivedMs: number): Json[] {
    const { utteranceEndMs } = this.#options
    if (utteranceEndMs === null || this.#utteranceEndSent || this.#speaking) return []
    const waits = this.#awaitedSinceMs !== null && receivedMs - this.#awaitedSinceMs < MAX_TEXT_WAIT_MS
    if (waits || receivedMs - this.#lastWordEnd * 1000 < utteranceEndMs) return []
    this.#utteranceEndSent = true
    return [{ type: 'UtteranceEnd', channel: this.#index, last_word_end: this.#lastWordEnd }]
  }

  #inWindow(segment: Segment, end: number, voiceAt: VoiceAt | undefined): DeepgramWord[] {
    const words = toWords(segment, { punctuate: this.#options.punctuate })
    return words.map((word) => {
      const start = Math.min(Math.max(word.start, this.#from), end)
      const placed = { ...word, start, end: Math.min(Math.max(word.end, start), end) }
      return voiceAt ? { ...placed, speaker: voiceAt(((placed.start + placed.end) / 2) * 1000) } : placed
    })
  }

  #results(words: DeepgramWord[], end: number, flags: Json): Json {
    const transcript = transcriptOf(words, this.#options.punctuate)
    return {
      type: 'Results',
      channel_index: this.#index,
      duration: round(end - this.#from),
      start: this.#from,
      from_finalize: false,
      ...flags,
      channel: { alternatives: [{ transcript, confidence: confidenceOf(words), words }] },
      metadata: this.#head,
    }
  }
}

/** Text of what was said comes within this much of the stream. */
const MAX_TEXT_WAIT_MS = 5000

const round = (value: number): number => Math.round(value * 1000) / 1000
const seconds = (ms: number): number => round(ms / 1000)
