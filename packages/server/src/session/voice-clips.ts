import { countsAsSaid, VigiaError } from '@vigia/protocol'
import type { Span } from '../engines/audio.ts'
import type { VoiceReader } from '../engines/speaker-embedder.ts'
import type { Clip } from '../engines/speakers/enrolment.ts'
import { unit, weightedSum } from '../engines/speakers/vectors.ts'
import type { FileOps } from '../store/file-ops.ts'
import type { StoredSegment } from '../store/store.ts'
import { openRecording } from './recording.ts'

/** Embeddings of what one speaker says alone in a recording. */

/** Longer speech is cut, shorter tells nothing, ms. */
const MAX_CLIP_MS = 8000
const MIN_CLIP_MS = 1000
/** About four minutes of speech. */
const MAX_CLIPS = 30

/** @param file - the derived recording of the session. @throws VigiaError `not_found` without one; what the model throws */
export async function voiceClips(
  files: FileOps,
  file: string,
  segments: readonly StoredSegment[],
  voices: VoiceReader,
  signal: AbortSignal,
): Promise<Clip[]> {
  await using recording = await openRecording(files, file).catch((cause: unknown) => {
    throw new VigiaError('not_found', 'The recording of this session is not there.', {
      hint: 'Wait until the session is final; a recording that was erased cannot be heard again.',
      cause,
    })
  })
  const clips: Clip[] = []
  for (const { startMs, endMs } of clipSpans(segments)) {
    const embedding = await voices.embed(await recording.read(startMs, endMs), signal)
    if (embedding) clips.push({ embedding, durationMs: endMs - startMs })
  }
  return clips
}

/** Where one speaks alone and at length, longest pieces first. */
export function clipSpans(segments: readonly StoredSegment[]): Span[] {
  const clean = segments.filter((segment) => countsAsSaid(segment) && !segment.overlap)
  const spans = clean.flatMap(({ start, end }) => {
    const count = Math.max(1, Math.ceil(((end - start) * 1000) / MAX_CLIP_MS))
    const lengthMs = ((end - start) * 1000) / count
    return Array.from({ length: count }, (_, at) => ({
      startMs: start * 1000 + at * lengthMs,
      endMs: start * 1000 + (at + 1) * lengthMs,
    }))
  })
  const long = spans.filter(({ startMs, endMs }) => endMs - startMs >= MIN_CLIP_MS)
  return long.sort((a, b) => b.endMs - b.startMs - (a.endMs - a.startMs)).slice(0, MAX_CLIPS)
}

/** The mean voice, weighted by speech; null where there is none. */
export function centroidOf(clips: readonly Clip[]): Float32Array | null {
  if (clips.length === 0) return null
  const zero = new Float32Array(clips[0]!.embedding.length)
  return unit(clips.reduce<Float32Array>((sum, { embedding, durationMs }) => weightedSum(sum, 1, embedding, durationMs), zero))
}
