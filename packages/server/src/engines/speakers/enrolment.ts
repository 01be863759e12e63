import { VigiaError } from '@vigia/protocol'
import type { EmbeddingThresholds } from '../speaker-embedder.ts'
import { dot, unit, weightedSum } from './vectors.ts'

/**
 * Known voices. Off unless a person's consent is given: a voice is personal data. A profile belongs to one embedding
 * model; with another it must be enrolled again. Pure.
 */

export type VoiceConsent = 'unknown' | 'announced' | 'given' | 'refused'

export interface VoiceProfile {
  id: string
  name: string
  consent: VoiceConsent
  /** Embedding model and size; another model's vectors cannot be compared. */
  model: string
  dimension: number
  embedding: Float32Array
  clips: number
  speechMs: number
  enrolledAt: string
}

export interface Clip {
  embedding: Float32Array
  durationMs: number
}

/** Clean speech that an enrolment takes, ms, in so many clips. */
export const MIN_ENROLMENT_MS = 20_000
export const MIN_CLIPS = 3
/** A clip that is less like the others than this is another voice or noise. */
const MIN_CLIP_SIMILARITY = 0.3

/** @throws VigiaError `forbidden` without consent, `invalid_request` for too little or mixed speech */
export function enrol(
  person: Pick<VoiceProfile, 'id' | 'name' | 'consent' | 'model' | 'enrolledAt'>,
  clips: readonly Clip[],
): VoiceProfile {
  if (person.consent !== 'given')
    throw new VigiaError('forbidden', `No consent is recorded for this voice (${person.consent}).`, {
      hint: 'Ask the person, record the consent, then enrol.',
    })
  const speechMs = clips.reduce((sum, { durationMs }) => sum + durationMs, 0)
  if (clips.length < MIN_CLIPS || speechMs < MIN_ENROLMENT_MS)
    throw new VigiaError(
      'invalid_request',
      `Expected ${MIN_ENROLMENT_MS / 1000} s of speech in ${MIN_CLIPS} clips, got ${Math.round(speechMs / 1000)} s in ${clips.length}.`,
    )
  const embedding = centroid(clips)
  if (clips.some((clip) => dot(clip.embedding, embedding) < MIN_CLIP_SIMILARITY))
    throw new VigiaError('invalid_request', 'The clips do not sound like one voice.', {
      hint: 'Record them again, one person alone, without noise.',
    })
  return { ...person, dimension: embedding.length, embedding, clips: clips.length, speechMs }
}

function centroid(clips: readonly Clip[]): Float32Array {
  const zero = new Float32Array(clips[0]!.embedding.length)
  const mean = unit(
    clips.reduce<Float32Array>((sum, { embedding, durationMs }) => weightedSum(sum, 1, embedding, durationMs), zero),
  )
  if (mean) return mean
  throw new VigiaError('invalid_request', 'The clips hold no voice that can be told.')
}

export type VoiceMatch =
  | { kind: 'known'; profile: VoiceProfile; similarity: number }
  /** Below the bound, or two are too alike: for a person to decide. */
  | { kind: 'suggestion'; profile: VoiceProfile; similarity: number }
  | { kind: 'unknown' }

/** How far below the bound a voice is still worth a suggestion. */
const SUGGESTION_BAND = 0.1

/** Compares only profiles of the same embedding model whose consent stands. */
export function matchVoice(
  embedding: Float32Array,
  model: string,
  profiles: readonly VoiceProfile[],
  { matchSimilarity, matchMargin }: EmbeddingThresholds,
): VoiceMatch {
  const usable = profiles.filter(
    (profile) => profile.consent === 'given' && profile.model === model && profile.dimension === embedding.length,
  )
  const ranked = usable
    .map((profile) => ({ profile, similarity: dot(profile.embedding, embedding) }))
    .sort((a, b) => b.similarity - a.similarity)
  const [best, second] = ranked
  if (!best || best.similarity < matchSimilarity - SUGGESTION_BAND) return { kind: 'unknown' }
  const clear = best.similarity - (second?.similarity ?? -1) >= matchMargin
  return { kind: best.similarity >= matchSimilarity && clear ? 'known' : 'suggestion', ...best }
}

/** `enrolled`: one of the known voices. `stranger`: surely none of them. */
export type Familiarity = 'enrolled' | 'stranger'
/** Whether a voice is known; null when it cannot be told. @param durationMs - of the speech that the embedding rests on */
export type VoiceTeller = (embedding: Float32Array, durationMs: number) => Familiarity | null

/** A shorter sound of somebody may be anybody, ms. */
const MIN_STRANGER_MS = 1500

/** Tells known voices from strangers; what lies between is neither. Null where nobody is enrolled. */
export function voiceTeller(
  model: string,
  profiles: readonly VoiceProfile[],
  thresholds: EmbeddingThresholds,
): VoiceTeller | null {
  const usable = profiles.filter((profile) => profile.consent === 'given' && profile.model === model)
  if (usable.length === 0) return null
  return (embedding, durationMs) => {
    const match = matchVoice(embedding, model, usable, thresholds)
    if (match.kind === 'unknown') return durationMs >= MIN_STRANGER_MS ? 'stranger' : null
    return match.similarity >= thresholds.matchSimilarity ? 'enrolled' : null // which of two alike does not matter
  }
}

/** Names for the speakers of a session: no profile names two of them. */
export function nameSpeakers(
  speakers: readonly { speaker: string; centroid: Float32Array }[],
  model: string,
  profiles: readonly VoiceProfile[],
  thresholds: EmbeddingThresholds,
): Map<string, VoiceMatch & { kind: 'known' }> {
  const matches = speakers
    .map(({ speaker, centroid }) => ({ speaker, match: matchVoice(centroid, model, profiles, thresholds) }))
    .flatMap(({ speaker, match }) => (match.kind === 'known' ? [{ speaker, match }] : []))
    .sort((a, b) => b.match.similarity - a.match.similarity)
  const named = new Map<string, VoiceMatch & { kind: 'known' }>()
  const taken = new Set<string>()
  for (const { speaker, match } of matches) {
    if (taken.has(match.profile.id)) continue
    taken.add(match.profile.id)
    named.set(speaker, match)
  }
  return named
}
