import { type PcmChunk, SAMPLE_RATE } from './audio.ts'

/** The audio of one utterance in one piece. */
export interface UtteranceAudio {
  samples: Int16Array
  startMs: number
  endMs: number
}

/** A hole between chunks up to this long becomes zeros; a longer one begins a new piece. */
const MAX_HOLE_MS = 500

const toMs = (samples: number): number => (samples * 1000) / SAMPLE_RATE
const toSamples = (ms: number): number => Math.round((ms * SAMPLE_RATE) / 1000)

/** Collects chunks of at most `maxMs` into one piece. Pieces keep their place on the timeline across holes. */
export class UtteranceCollector {
  readonly #maxSamples: number
  #parts: Int16Array[] = []
  #startMs = 0
  #length = 0

  constructor(maxMs: number) {
    this.#maxSamples = toSamples(maxMs)
  }

  get length(): number {
    return this.#length
  }

  get durationMs(): number {
    return toMs(this.#length)
  }

  /** Takes as much of the chunk as belongs to this piece and returns the rest, which opens the next one. */
  add(chunk: PcmChunk): PcmChunk | null {
    if (this.#length === 0) this.#startMs = chunk.startMs
    const hole = chunk.startMs - (this.#startMs + toMs(this.#length))
    if (hole > MAX_HOLE_MS) return chunk
    // Rounding of timestamps stays below a millisecond; only more than that is a hole.
    if (hole >= 1) this.#push(new Int16Array(Math.min(toSamples(hole), this.#maxSamples - this.#length)))
    const room = this.#maxSamples - this.#length
    this.#push(chunk.samples.subarray(0, room))
    if (chunk.samples.length <= room) return null
    return { samples: chunk.samples.subarray(room), startMs: chunk.startMs + toMs(room) }
  }

  /** What was collected so far, joined; the collector keeps it: read only. */
  snapshot(): UtteranceAudio {
    if (this.#parts.length > 1) this.#parts = [this.#joined()]
    const samples = this.#parts[0] ?? new Int16Array(0)
    return { samples, startMs: this.#startMs, endMs: this.#startMs + toMs(this.#length) }
  }

  #joined(): Int16Array {
    const samples = new Int16Array(this.#length)
    let at = 0
    for (const part of this.#parts) {
      samples.set(part, at)
      at += part.length
    }
    return samples
  }

  #push(part: Int16Array): void {
    if (part.length === 0) return
    this.#parts.push(part)
    this.#length += part.length
  }
}

/** Cuts a stream of chunks into pieces of at most `maxMs`; usually the stream is one utterance and gives one piece. */
export async function* utterances(audio: AsyncIterable<PcmChunk>, maxMs: number): AsyncIterable<UtteranceAudio> {
  let collector = new UtteranceCollector(maxMs)
  for await (const chunk of audio) {
    for (let rest: PcmChunk | null = chunk; rest; ) {
      rest = collector.add(rest)
      if (!rest) break
      yield collector.snapshot()
      collector = new UtteranceCollector(maxMs)
    }
  }
  if (collector.length > 0) yield collector.snapshot()
}
