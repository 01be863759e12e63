import type { Recording, Span } from '../../engines/audio.ts'
import type { Diarizer, SpeakerTurn } from '../../engines/diarizer.ts'
import type { AudioDecoder } from '../../media/decoder.ts'

/**
 * Speakers while a stream lasts: after each utterance everything that was said so far is told apart again, and the voices keep the
 * numbers that they had.
 */

const RATE_PER_MS = 16
/** Sound that is remembered; older utterances keep their number. */
const MAX_MS = 10 * 60_000
const MAX_UTTERANCES = 120

/** A stretch of one voice. */
interface Voiced extends Span {
  number: number
}

/** Number of the voice at a moment of the stream, ms; from 0 in order of appearance. */
export type VoiceAt = (ms: number) => number

export class LiveSpeakers {
  readonly #decoder: AudioDecoder
  readonly #diarizer: Diarizer
  readonly #signal: AbortSignal
  #chunks: { startMs: number; samples: Int16Array }[] = []
  #receivedMs = 0
  #utterances: Span[] = []
  #voiced: Voiced[] = []
  #count = 0

  constructor(decoder: AudioDecoder, diarizer: Diarizer, signal: AbortSignal) {
    this.#decoder = decoder
    this.#diarizer = diarizer
    this.#signal = signal
  }

  /** The stream's bytes, as the session gets them. */
  push(bytes: Uint8Array): void {
    const samples = this.#decoder.decode(bytes)
    this.#decoder.takeDamage()
    if (samples.length === 0) return
    this.#chunks.push({ startMs: this.#receivedMs, samples })
    this.#receivedMs += samples.length / RATE_PER_MS
    while (this.#receivedMs - this.#chunks[0]!.startMs > MAX_MS) this.#chunks.shift()
  }

  /** Who speaks in an utterance, which may be several people. @throws VigiaError `diarization_failed` */
  async voicesIn(span: Span): Promise<VoiceAt> {
    const firstMs = this.#chunks[0]?.startMs ?? 0
    const utterances = [...this.#utterances.filter((one) => one.startMs >= firstMs), span].slice(-MAX_UTTERANCES)
    const turns = await this.#diarizer.diarize({ recording: this.#recording(), speech: utterances, utterances }, this.#signal)
    const numbers = numberVoices(turns, this.#voiced, this.#count)
    this.#utterances = utterances
    this.#voiced = turns.map(({ startMs, endMs, speaker }) => ({ startMs, endMs, number: numbers.get(speaker)! }))
    this.#count = Math.max(this.#count, ...[...numbers.values()].map((number) => number + 1))
    const voiced = this.#voiced
    return (ms) => nearest(voiced, ms)?.number ?? 0
  }

  free(): void {
    this.#decoder.free()
    this.#chunks = []
  }

  #recording(): Recording {
    const chunks = [...this.#chunks]
    return {
      durationMs: this.#receivedMs,
      async read(startMs, endMs) {
        const out = new Int16Array(Math.max(0, Math.round((endMs - startMs) * RATE_PER_MS)))
        for (const { startMs: at, samples } of chunks) {
          const offset = Math.round((at - startMs) * RATE_PER_MS)
          if (offset >= out.length || offset + samples.length <= 0) continue
          out.set(samples.subarray(Math.max(0, -offset), Math.min(samples.length, out.length - offset)), Math.max(0, offset))
        }
        return out
      },
    }
  }
}

/**
 * Numbers for the voices of one look at the whole: each keeps the number that it shares most time with, no two have the same, and one
 * that has none gets the next.
 */
export function numberVoices(turns: readonly SpeakerTurn[], before: readonly Voiced[], next: number): Map<string, number> {
  const shared = new Map<string, { label: string; number: number; ms: number }>()
  for (const { speaker: label, startMs, endMs } of turns) {
    for (const known of before) {
      const ms = Math.min(endMs, known.endMs) - Math.max(startMs, known.startMs)
      const key = `${label} ${known.number}`
      if (ms > 0) shared.set(key, { label, number: known.number, ms: ms + (shared.get(key)?.ms ?? 0) })
    }
  }
  const numbers = new Map<string, number>()
  const taken = new Set<number>()
  for (const { label, number } of [...shared.values()].sort((a, b) => b.ms - a.ms)) {
    if (numbers.has(label) || taken.has(number)) continue
    numbers.set(label, number)
    taken.add(number)
  }
  let free = next
  for (const { speaker: label } of turns) if (!numbers.has(label)) numbers.set(label, free++)
  return numbers
}

function nearest(voiced: readonly Voiced[], ms: number): Voiced | undefined {
  const distance = ({ startMs, endMs }: Span): number => Math.max(startMs - ms, ms - endMs, 0)
  return voiced.reduce<Voiced | undefined>((best, one) => (best && distance(best) <= distance(one) ? best : one), undefined)
}
