import { setImmediate } from 'node:timers/promises'
import { VigiaError } from '@vigia/protocol'
import type { Recording, Span } from '../../audio.ts'
import type { DiarizationRequest, Diarizer, SpeakerTurn } from '../../diarizer.ts'
import { type ClusterOptions, findSpeakers, nearestSpeaker, SAME_SPEAKER } from './cluster.ts'
import type { Voice } from './distance.ts'
import { WithinScatter } from './gaussian.ts'
import { oneVoicePieces, splitUtterance, type Unit } from './units.ts'
import { DIMENSIONS, type VoicedFrame, voicedFrames } from './voice.ts'

/**
 * The embedded diarizer: voice statistics per utterance (cepstra and pitch of voiced frames), agglomerative clustering.
 * Needs no model. One voice at a time: where two speak at once, the louder one is named. Figures in `docs/diarization.md`.
 */

/** Longest stretch read at once; bounds memory. */
const MAX_READ_MS = 30_000
/** Between two turns of one speaker in one utterance, nothing is left open. */
const JOIN_MS = 500
/** Below this many voiced frames (10 ms) a voice tells nothing by itself. */
const MIN_FRAMES = 8
/** Advantage of the speaker before, for a unit too short to be sure. */
const STAY = 0.5
const SHORT_UNIT = 60

export interface ClassicalOptions {
  /** Distance up to which two voices are one; the default is the calibrated one of `docs/diarization.md`. */
  sameSpeaker?: number
}

/** Opens the embedded diarizer. It holds no model and no state between recordings. */
export function openClassicalDiarizer({ sameSpeaker = SAME_SPEAKER }: ClassicalOptions = {}): Promise<Diarizer> {
  return Promise.resolve({
    id: 'classical',
    model: 'voice statistics',
    diarize: (request, signal, onProgress) => diarize(request, sameSpeaker, signal, onProgress),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  })
}

async function diarize(
  request: DiarizationRequest,
  sameSpeaker: number,
  signal: AbortSignal,
  onProgress?: (done: number) => void,
): Promise<SpeakerTurn[]> {
  try {
    const scatter = new WithinScatter(DIMENSIONS)
    const units: Unit[] = []
    const spans = readable(request.utterances.length > 0 ? request.utterances : request.speech)
    for (const [index, span] of spans.entries()) {
      const frames = await readVoice(request.recording, span, signal)
      for (const piece of oneVoicePieces(frames)) scatter.add(piece)
      units.push(...splitUtterance(span, frames, scatter))
      onProgress?.((index + 1) / (spans.length + 1))
    }
    const turns = toTurns(units, scatter, { sameSpeaker, ...(request.speakers ? { speakers: request.speakers } : {}) })
    onProgress?.(1)
    return turns
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (VigiaError.is(error)) throw error
    throw new VigiaError('diarization_failed', 'The embedded diarizer could not read the recording.', { cause: error })
  }
}

/** Spans of at most {@link MAX_READ_MS}, in order, none empty. */
function readable(spans: readonly Span[]): Span[] {
  return spans.flatMap(({ startMs, endMs }) => {
    const count = Math.ceil((endMs - startMs) / MAX_READ_MS)
    const step = (endMs - startMs) / Math.max(1, count)
    return Array.from({ length: Math.max(0, count) }, (_, i) => ({
      startMs: startMs + i * step,
      endMs: startMs + (i + 1) * step,
    }))
  })
}

async function readVoice(recording: Recording, span: Span, signal: AbortSignal): Promise<VoicedFrame[]> {
  const samples = await recording.read(span.startMs, span.endMs)
  const frames: VoicedFrame[] = []
  for (const batch of voicedFrames(samples, span.startMs)) {
    frames.push(...batch)
    signal.throwIfAborted()
    await setImmediate()
  }
  return frames
}

function toTurns(units: readonly Unit[], scatter: WithinScatter, options: ClusterOptions): SpeakerTurn[] {
  const whiten = scatter.whitening()
  const voices = units.map((unit): Voice => ({ count: unit.sums.count, mean: whiten(unit.sums) }))
  const found = findSpeakers(voices, options)
  if (found.length === 0) return units.map(({ startMs, endMs }) => ({ startMs, endMs, speaker: 'S1', confidence: 0 }))
  let previous = -1
  const assigned = voices.map((voice, i) => {
    const choice = choose(voice, found, isFollowing(units, i) ? previous : -1)
    previous = choice.index
    return choice
  })
  return joinTurns(nameInOrder(units, assigned))
}

function isFollowing(units: readonly Unit[], i: number): boolean {
  return i > 0 && units[i]!.startMs - units[i - 1]!.endMs < JOIN_MS
}

function choose(voice: Voice, speakers: readonly Voice[], previous: number): { index: number; confidence: number } {
  if (voice.count < MIN_FRAMES) return { index: Math.max(0, previous), confidence: 0 }
  const { index, distance, second } = nearestSpeaker(voice, speakers)
  const confidence = Number.isFinite(second)
    ? (second - distance) / Math.max(second, 1e-9)
    : SAME_SPEAKER / (SAME_SPEAKER + distance)
  if (previous < 0 || previous === index || voice.count >= SHORT_UNIT) return { index, confidence }
  const stay = nearestSpeaker(voice, [speakers[previous]!]).distance
  return stay - distance < STAY ? { index: previous, confidence: 0 } : { index, confidence }
}

function nameInOrder(units: readonly Unit[], assigned: readonly { index: number; confidence: number }[]): SpeakerTurn[] {
  const names = new Map<number, string>()
  return units.map(({ startMs, endMs }, i) => {
    const { index, confidence } = assigned[i]!
    if (!names.has(index)) names.set(index, `S${names.size + 1}`)
    return { startMs, endMs, speaker: names.get(index)!, confidence }
  })
}

function joinTurns(turns: readonly SpeakerTurn[]): SpeakerTurn[] {
  return turns.reduce<SpeakerTurn[]>((out, turn) => {
    const last = out.at(-1)
    if (last && last.speaker === turn.speaker && turn.startMs - last.endMs < JOIN_MS) {
      const [a, b] = [last.endMs - last.startMs, turn.endMs - turn.startMs]
      last.confidence = (last.confidence * a + turn.confidence * b) / Math.max(1, a + b)
      last.endMs = turn.endMs
    } else out.push({ ...turn })
    return out
  }, [])
}
