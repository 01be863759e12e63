import type { Segment } from '@vigia/protocol'
import { gated } from '../analysis/gates/gate.ts'
import type { Asr, AsrEvent, Transcription } from '../engines/asr.ts'
import type { PcmChunk } from '../engines/audio.ts'
import { BoundedQueue } from '../std/bounded-queue.ts'
import type { HearingEvent } from './hearing.ts'
import { type HeardVoice, type LiveVoices, VoiceClip } from './live-voices.ts'
import { msToSamples, msToSeconds } from './stream-clock.ts'

/** Utterances on their way through the recognizer: their texts leave in the order in which they began. */

export interface UtteranceTextsOptions {
  asr: Asr
  language: string
  hotwords?: readonly string[] | undefined
  voices?: LiveVoices | undefined
  /** Number of the first utterance. */
  first: number
  signal: AbortSignal
  emit: (event: HearingEvent) => void
}

interface Utterance {
  id: string
  startMs: number
  audio: BoundedQueue<PcmChunk>
  throughByte: number
  clip: VoiceClip | null
  endMs: number
  endedAtMs: number
}

export class UtteranceTexts {
  readonly #options: UtteranceTextsOptions
  #open: Utterance | null = null
  #next: number
  #finals: Promise<void> = Promise.resolve()
  /** Utterances that have ended and whose text is not out. */
  #untold: Utterance[] = []

  constructor(options: UtteranceTextsOptions) {
    this.#options = options
    this.#next = options.first
  }

  /** Resolves when the text of every utterance that has ended is out. */
  get out(): Promise<void> {
    return this.#finals
  }

  /** How far the stream had come when the oldest utterance ended whose text is not out. */
  get waitingSinceMs(): number | null {
    return this.#untold[0]?.endedAtMs ?? null
  }

  /** An utterance begins; gives its id. `startMs` counts the audio before the speech that is heard with it. */
  open({ startMs, speechStartMs, maxMs }: { startMs: number; speechStartMs: number; maxMs: number }): string {
    const audio = new BoundedQueue<PcmChunk>({ capacity: msToSamples(maxMs * 2), sizeOf: (chunk) => chunk.samples.length })
    const clip = this.#options.voices ? new VoiceClip(speechStartMs) : null
    const id = `u${this.#next++}`
    const utterance: Utterance = { id, startMs, audio, throughByte: 0, clip, endMs: startMs, endedAtMs: 0 }
    this.#open = utterance
    const text = this.#transcribe(utterance)
    const before = this.#finals
    this.#finals = before.then(async () => this.#tell(utterance, await text))
    return id
  }

  /** Audio of the open utterance. */
  push(chunk: PcmChunk): void {
    this.#open?.audio.push(chunk)
    this.#open?.clip?.push(chunk)
  }

  /** The open utterance has ended. */
  close({ endMs, nowMs, throughByte }: { endMs: number; nowMs: number; throughByte: number }): void {
    const utterance = this.#open
    if (!utterance) return
    this.#open = null
    utterance.endMs = endMs
    utterance.endedAtMs = nowMs
    utterance.throughByte = throughByte
    this.#untold.push(utterance)
    utterance.audio.close()
  }

  async #transcribe(utterance: Utterance): Promise<Transcription[]> {
    const { asr, language, hotwords, emit, signal } = this.#options
    const finals: Transcription[] = []
    try {
      for await (const event of asr.transcribe(utterance.audio, { language, hotwords, purpose: 'live' }, signal)) {
        if (event.type === 'interim') emit(toInterim(utterance, event))
        else if (event.text.trim() !== '') finals.push(event)
      }
    } catch (error) {
      if (!signal.aborted) emit({ type: 'error', error, item: utterance.id })
    }
    return finals
  }

  async #tell(utterance: Utterance, texts: readonly Transcription[]): Promise<void> {
    const { emit } = this.#options
    const finals = texts.map((final) => gated(final))
    const { speaker = null, familiarity = null } = (await this.#voiceOf(utterance, finals)) ?? {}
    const segments: Segment[] = []
    for (const [i, final] of finals.entries()) {
      const id = i === 0 ? utterance.id : `${utterance.id}.${i + 1}`
      const segment = { ...toSegment(id, final), ...(speaker && !final.excluded ? { speaker } : {}) }
      segments.push(segment)
      emit({ type: 'final', segment, throughByte: utterance.throughByte })
    }
    this.#untold = this.#untold.filter((one) => one !== utterance)
    emit({ type: 'utterance_done', utteranceId: utterance.id, segments, familiarity })
  }

  /** What counts as speech has a speaker; noise founds none. */
  async #voiceOf({ clip, endMs }: Utterance, finals: readonly Transcription[]): Promise<HeardVoice | null> {
    const { voices, signal } = this.#options
    if (!voices || !clip || signal.aborted || !finals.some((final) => !final.excluded)) return null
    return voices.hear(clip.until(endMs), signal)
  }
}

const toInterim = (utterance: Utterance, event: Extract<AsrEvent, { type: 'interim' }>): HearingEvent => ({
  type: 'interim',
  utteranceId: utterance.id,
  text: event.text,
  startMs: utterance.startMs,
  confirmedChars: event.confirmedChars,
})

/** A transcription as a segment of the protocol, times in seconds. */
export function toSegment(id: string, final: Transcription): Segment {
  const words = final.words.map(({ startMs, endMs, ...word }) => ({
    ...word,
    start: msToSeconds(startMs),
    end: msToSeconds(endMs),
  }))
  return {
    id,
    start: msToSeconds(final.startMs),
    end: msToSeconds(final.endMs),
    text: final.text,
    ...(words.length > 0 ? { words } : {}),
    ...(final.confidence === undefined ? {} : { confidence: final.confidence }),
    ...(final.language === undefined ? {} : { language: final.language }),
    ...(final.excluded === undefined ? {} : { excluded: final.excluded }),
    rev: 0,
  }
}
