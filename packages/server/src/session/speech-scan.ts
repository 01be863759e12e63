import type { Recording, Span } from '../engines/audio.ts'
import { AudioRefused } from '../engines/audio-refused.ts'
import { VAD_WINDOW, type Vad } from '../engines/vad.ts'
import {
  type EndpointingEvent,
  type EndpointingOptions,
  flushEndpointing,
  initialEndpointing,
  stepEndpointing,
  WINDOW_MS,
} from './endpointing.ts'

/**
 * Where a recording holds speech. Stretches of a long one are scored side by side: eight windows in one call of the
 * model cost half of eight calls (Silero v6 on one core: 70 µs a window beside 150).
 */

/** Windows of one stretch (40 s). */
const STRETCH = 1250
/** Stretches side by side. More would save little and keep live streams, which share the model, waiting. */
const ABREAST = 8
/** Windows heard ahead of a stretch, not counted (3 s): the model begins each stretch as if it had heard what was before. */
const WARM_UP = 94
/** Windows given at a time where some are refused (1 s). */
const PIECE = 32

/**
 * Finds the utterances of a recording: where there is speech, cut at pauses.
 *
 * @param onProgress - told how far the recording was heard, ms
 * @param onRefused - told of a second of audio that the detector refuses; it counts as speech, so that the recognizer hears it
 * @throws what the voice detector throws; the signal's reason when aborted
 */
export async function scanSpeech(
  recording: Recording,
  vad: Vad,
  options: EndpointingOptions,
  signal: AbortSignal,
  onProgress: (doneMs: number) => void,
  onRefused: (error: AudioRefused) => void = () => {},
): Promise<Span[]> {
  const utterances = new Utterances(options)
  for await (const scores of scored(recording, vad, signal, onRefused)) {
    for (const probability of scores) utterances.take(probability)
    onProgress(Math.min(recording.durationMs, utterances.heardMs))
  }
  onProgress(recording.durationMs)
  return utterances.end()
}

/** Endpointing over a whole recording: what remains of its events are spans. */
class Utterances {
  readonly #options: EndpointingOptions
  readonly #spans: Span[] = []
  #state = initialEndpointing()
  #start = 0

  constructor(options: EndpointingOptions) {
    this.#options = options
  }

  get heardMs(): number {
    return this.#state.position * WINDOW_MS
  }

  take(probability: number): void {
    const [state, events] = stepEndpointing(this.#state, probability, this.#options)
    this.#state = state
    this.#note(events)
  }

  end(): Span[] {
    this.#note(flushEndpointing(this.#state)[1])
    return this.#spans
  }

  #note(events: readonly EndpointingEvent[]): void {
    for (const event of events) {
      if (event.type === 'start') this.#start = event.start
      else if (event.type === 'end') this.#spans.push({ startMs: this.#start * WINDOW_MS, endMs: event.end * WINDOW_MS })
    }
  }
}

/** Speech probabilities of all whole windows, in order. */
async function* scored(
  recording: Recording,
  vad: Vad,
  signal: AbortSignal,
  onRefused: (error: AudioRefused) => void,
): AsyncGenerator<Float32Array> {
  const total = Math.floor(recording.durationMs / WINDOW_MS)
  for (let from = 0; from < total; ) {
    signal.throwIfAborted()
    const abreast = Math.min(ABREAST, Math.max(1, Math.floor((total - from) / STRETCH)))
    const starts = Array.from({ length: abreast }, (_, index) => from + index * STRETCH)
    from = Math.min(total, from + abreast * STRETCH)
    const stretches = starts.map((start) => scoreStretch(recording, vad, start, Math.min(total, start + STRETCH), onRefused))
    const scores = await settled(stretches, signal)
    yield* scores
  }
}

async function scoreStretch(
  recording: Recording,
  vad: Vad,
  start: number,
  end: number,
  onRefused: (error: AudioRefused) => void,
): Promise<Float32Array> {
  const first = Math.max(0, start - WARM_UP)
  const samples = await recording.read(first * WINDOW_MS, end * WINDOW_MS)
  using stream = vad.open()
  const whole = samples.subarray(0, samples.length - (samples.length % VAD_WINDOW))
  const scores = await stream.score(whole).catch((error: unknown) => {
    if (error instanceof AudioRefused) return scorePieces(vad, whole, start - first, onRefused)
    throw error
  })
  return scores.subarray(start - first)
}

/** Second by second, so that what is refused is known to the second. */
async function scorePieces(
  vad: Vad,
  samples: Int16Array,
  warmUp: number,
  onRefused: (error: AudioRefused) => void,
): Promise<Float32Array> {
  using stream = vad.open()
  const scores = new Float32Array(samples.length / VAD_WINDOW)
  for (let at = 0; at < scores.length; at += PIECE) {
    const piece = samples.subarray(at * VAD_WINDOW, (at + PIECE) * VAD_WINDOW)
    try {
      scores.set(await stream.score(piece), at)
    } catch (error) {
      if (!(error instanceof AudioRefused)) throw error
      scores.fill(1, at, at + PIECE)
      if (at + PIECE > warmUp) onRefused(error)
    }
  }
  return scores
}

/** All of them, or the first failure once none is under way any more. */
async function settled<T>(all: readonly Promise<T>[], signal: AbortSignal): Promise<T[]> {
  const results = await Promise.allSettled(all)
  signal.throwIfAborted()
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}
