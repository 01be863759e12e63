import type { Recording, Span } from '../../engines/audio.ts'
import type { Diarizer } from '../../engines/diarizer.ts'
import type { AudioDecoder } from '../../media/decoder.ts'

/**
 * Speakers while a stream lasts: after each utterance everything that was said so far is told apart again, and the numbers that
 * were given before are kept where the voices agree.
 */

const RATE_PER_MS = 16
/** Sound that is remembered; older utterances keep their number. */
const MAX_MS = 10 * 60_000
const MAX_UTTERANCES = 120

interface Known extends Span {
  speaker: number
}

export class LiveSpeakers {
  readonly #decoder: AudioDecoder
  readonly #diarizer: Diarizer
  readonly #signal: AbortSignal
  #chunks: { startMs: number; samples: Int16Array }[] = []
  #receivedMs = 0
  #known: Known[] = []
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

  /** Number of the voice of an utterance, from 0 in order of appearance. @throws VigiaError `diarization_failed` */
  async numberOf(span: Span): Promise<number> {
    const firstMs = this.#chunks[0]?.startMs ?? 0
    const before = this.#known.filter((one) => one.startMs >= firstMs).slice(-MAX_UTTERANCES)
    const utterances: Span[] = [...before, span]
    const turns = await this.#diarizer.diarize({ recording: this.#recording(), speech: utterances, utterances }, this.#signal)
    const label = (one: Span): string | undefined =>
      turns.find((turn) => turn.startMs < one.endMs && turn.endMs > one.startMs)?.speaker
    const mine = label(span)
    const votes = before.filter((one) => mine !== undefined && label(one) === mine).map(({ speaker }) => speaker)
    const speaker =
      votes.length > 0 ? mostFrequent(votes) : mine === undefined && this.#count > 0 ? this.#known.at(-1)!.speaker : this.#count
    this.#count = Math.max(this.#count, speaker + 1)
    this.#known.push({ ...span, speaker })
    this.#known = this.#known.slice(-MAX_UTTERANCES)
    return speaker
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

function mostFrequent(values: readonly number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1])[0]![0]
}
