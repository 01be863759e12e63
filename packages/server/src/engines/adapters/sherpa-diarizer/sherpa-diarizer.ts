import { VigiaError } from '@vigia/protocol'
import type { EngineConfig } from '../../../config/schema.ts'
import { SAMPLE_RATE, type Span } from '../../audio.ts'
import { AudioRefused } from '../../audio-refused.ts'
import type { AdapterContext } from '../../catalog.ts'
import type { DiarizationRequest, Diarizer, SpeakerTurn } from '../../diarizer.ts'
import type { SpeakerEmbedder } from '../../speaker-embedder.ts'
import { clusterVoices, type VoicePiece } from '../../speakers/clustering.ts'
import { mergeWindows, type Vote } from '../../speakers/merge-windows.ts'
import { type LocalTurn, localTurns } from '../../speakers/powerset.ts'
import { openEmbedder } from './embedder.ts'
import { openSegmenter, type Segmenter } from './segmenter.ts'

/**
 * Who spoke when, by models: local voices of short windows (pyannote segmentation), an embedding for each, and our own
 * clustering over the recording. Overlaps are kept.
 */

/** Windows begin this share of a window apart, in short recordings and in long ones. */
const STEP = 0.25
const LONG_STEP = 0.5
const LONG_MS = 20 * 60_000
/** Pause inside a local turn, and least length of one, ms. */
const MAX_GAP_MS = 200
const MIN_TURN_MS = 120

/** `{ adapter: "sherpa", segmentation: ID, embedding: ID }`. @throws VigiaError */
export async function openInstalledDiarizer(settings: EngineConfig, { models, onDeath }: AdapterContext): Promise<Diarizer> {
  const { segmentation, embedding } = settings
  if (typeof segmentation !== 'string' || typeof embedding !== 'string')
    throw new VigiaError('config_invalid', 'The diarizer "sherpa" needs the models "segmentation" and "embedding".')
  await using stack = new AsyncDisposableStack()
  const segmenter = stack.use(await openSegmenter(await models.find(segmentation), onDeath))
  const embedder = stack.use(await openEmbedder(await models.find(embedding), onDeath))
  const kept = stack.move()
  const diarizer = modelDiarizer(segmenter, embedder)
  return { ...diarizer, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** The pipeline over a segmenter and an embedder; does not own them. */
export function modelDiarizer(segmenter: Segmenter, embedder: SpeakerEmbedder): Diarizer {
  return {
    id: 'sherpa',
    model: `${segmenter.model} + ${embedder.model}`,
    voices: embedder,
    async diarize(request, signal, onProgress) {
      try {
        return await new Diarization(segmenter, embedder, request, signal).run(onProgress)
      } catch (error) {
        signal.throwIfAborted()
        if (VigiaError.is(error) && error.code !== 'internal') throw error
        throw new VigiaError('diarization_failed', 'Speakers could not be told apart.', { cause: error })
      }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

interface LocalVoice extends VoicePiece {
  votes: Omit<Vote, 'speaker'>[]
}

class Diarization {
  readonly #segmenter: Segmenter
  readonly #embedder: SpeakerEmbedder
  readonly #request: DiarizationRequest
  readonly #signal: AbortSignal

  constructor(segmenter: Segmenter, embedder: SpeakerEmbedder, request: DiarizationRequest, signal: AbortSignal) {
    this.#segmenter = segmenter
    this.#embedder = embedder
    this.#request = request
    this.#signal = signal
  }

  async run(onProgress?: (done: number) => void): Promise<SpeakerTurn[]> {
    this.#signal.throwIfAborted()
    const { recording, speakers } = this.#request
    const windows = this.#windows()
    const voices: LocalVoice[] = []
    let refusedUntilMs = 0
    for (const [index, window] of windows.entries()) {
      // What ended the engine is in the windows over it too, and would end it in each of them.
      if (window.startMs >= refusedUntilMs) {
        const heard = await this.#hear(window, index).catch(onlyRefused)
        if (heard) voices.push(...heard)
        else {
          refusedUntilMs = window.endMs
          this.#request.onRefused?.(window)
        }
      }
      // Clustering is the small rest.
      onProgress?.((0.98 * (index + 1)) / windows.length)
    }
    const { mergeDistance } = this.#embedder.thresholds
    const clusters = clusterVoices(voices, { mergeDistance, ...(speakers === undefined ? {} : { speakers }) })
    const votes = voices.flatMap((voice, index) => voice.votes.map((vote) => ({ ...vote, speaker: clusters[index]! })))
    const turns = mergeWindows(votes, windows, recording.durationMs)
    onProgress?.(1)
    return turns
  }

  /** Windows over the speech, on one grid, so that pauses cost nothing. */
  #windows(): Span[] {
    const { recording, speech } = this.#request
    const lengthMs = (this.#segmenter.windowSamples * 1000) / SAMPLE_RATE
    const stepMs = lengthMs * (recording.durationMs > LONG_MS ? LONG_STEP : STEP)
    const last = Math.max(0, Math.ceil((recording.durationMs - lengthMs) / stepMs))
    const windows = Array.from({ length: last + 1 }, (_, at) => ({
      startMs: at * stepMs,
      endMs: Math.min(recording.durationMs, at * stepMs + lengthMs),
    }))
    return windows.filter((window) => speech.some(({ startMs, endMs }) => startMs < window.endMs && endMs > window.startMs))
  }

  async #hear(window: Span, index: number): Promise<LocalVoice[]> {
    this.#signal.throwIfAborted()
    const samples = new Int16Array(this.#segmenter.windowSamples)
    const read = await this.#request.recording.read(window.startMs, window.endMs)
    samples.set(read.subarray(0, samples.length))
    const activity = await this.#segmenter.activity(samples, this.#signal)
    const frameMs = (this.#segmenter.frameShift * 1000) / SAMPLE_RATE
    const turns = localTurns(activity, this.#segmenter.voices, Math.round(MAX_GAP_MS / frameMs), Math.ceil(MIN_TURN_MS / frameMs))
    const byVoice = Map.groupBy(turns, ({ voice }) => voice)
    const voices: LocalVoice[] = []
    for (const own of byVoice.values()) {
      const speech = this.#speechOf(samples, own, activity)
      const embedding = await this.#embedder.embed(speech, this.#signal)
      if (!embedding) continue
      const votes = own.map((turn) => this.#place(turn, window))
      voices.push({ embedding, weightMs: (speech.length * 1000) / SAMPLE_RATE, window: index, votes })
    }
    return voices
  }

  /** What this voice says alone; where that is next to nothing, also what it says with others. */
  #speechOf(samples: Int16Array, turns: readonly LocalTurn[], activity: Uint8Array): Int16Array {
    const { frameShift } = this.#segmenter
    const take = (alone: boolean): Int16Array => {
      const parts: Int16Array[] = []
      for (const { voice, from, to } of turns)
        for (let frame = from; frame < to; frame += 1) {
          const is = activity[frame]!
          if (alone ? is === 1 << voice : is & (1 << voice))
            parts.push(samples.subarray(frame * frameShift, (frame + 1) * frameShift))
        }
      return joined(parts)
    }
    const alone = take(true)
    return alone.length >= SAMPLE_RATE / 2 ? alone : take(false)
  }

  #place({ from, to }: LocalTurn, window: Span): Omit<Vote, 'speaker'> {
    const { frameShift, frameOffset } = this.#segmenter
    // A frame speaks for the middle of what it saw; half a shift before and behind it.
    const at = (frame: number): number => ((frame * frameShift + frameOffset - frameShift / 2) * 1000) / SAMPLE_RATE
    const clip = (ms: number): number => Math.min(window.endMs, Math.max(window.startMs, window.startMs + ms))
    return { startMs: clip(at(from)), endMs: clip(at(to)) }
  }
}

function onlyRefused(error: unknown): null {
  if (error instanceof AudioRefused) return null
  throw error
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const out = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
