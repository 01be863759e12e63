import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import type { Decode, Word } from '../../asr.ts'

/** Answers of `/v1/audio/transcriptions` → text, words, and what does not count. Pure. */

const WireWord = z.object({ word: z.string(), start: z.number(), end: z.number() })
const WireSegment = z.object({
  text: z.string().default(''),
  start: z.number(),
  end: z.number(),
  avg_logprob: z.number().nullish(),
  no_speech_prob: z.number().nullish(),
  compression_ratio: z.number().nullish(),
  words: z.array(WireWord).nullish(),
})
const Verbose = z.object({
  text: z.string(),
  language: z.string().nullish(),
  words: z.array(WireWord).nullish(),
  segments: z.array(WireSegment).nullish(),
})
export type VerboseAnswer = z.infer<typeof Verbose>

/** Bounds of Whisper's own decoding (Radford et al. 2022, section 4.5). */
const NO_SPEECH = 0.6
const MIN_LOGPROB = -1
const MAX_COMPRESSION = 2.4

/** @throws VigiaError `asr_failed` when it is no such answer */
export function parseAnswer(text: string, service: string): VerboseAnswer {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new VigiaError('asr_failed', `${service} answered no JSON.`, { cause })
  }
  const answer = Verbose.safeParse(json)
  if (answer.success) return answer.data
  throw new VigiaError(
    'asr_failed',
    `${service} answered something else than a transcription (${answer.error.issues[0]!.path.join('.')}).`,
  )
}

export interface Found {
  words: boolean
  segments: boolean
  language: boolean
}

/** What this server fills in, as one answer shows it. */
export const abilitiesOf = ({ words, segments, language }: VerboseAnswer): Found => ({
  words: (words?.length ?? 0) > 0 || (segments ?? []).some((segment) => (segment.words?.length ?? 0) > 0),
  segments: (segments?.length ?? 0) > 0,
  language: typeof language === 'string' && language !== '',
})

/** @param durationMs - of the audio; no word ends after it */
export function toTranscription(answer: VerboseAnswer, durationMs: number): Awaited<ReturnType<Decode>> {
  const segments = answer.segments ?? []
  const wire = answer.words?.length ? answer.words : segments.flatMap((segment) => segment.words ?? [])
  const ms = (seconds: number): number => Math.min(durationMs, Math.max(0, Math.round(seconds * 1000)))
  const words = wire.map(
    ({ word, start, end }): Word => ({ text: word.trim(), startMs: ms(start), endMs: Math.max(ms(start), ms(end)) }),
  )
  const text = answer.text.trim()
  const logprobs = segments.flatMap(({ avg_logprob }) => (typeof avg_logprob === 'number' ? [avg_logprob] : []))
  const language = languageTag(answer.language)
  const excluded = text === '' ? undefined : exclusionOf(segments)
  return {
    text,
    // Words of another number than the text has cannot be placed under it.
    words: words.filter((word) => word.text !== ''),
    ...(logprobs.length > 0 ? { confidence: Math.min(1, Math.exp(logprobs.reduce((a, b) => a + b, 0) / logprobs.length)) } : {}),
    ...(language ? { language } : {}),
    ...(excluded ? { excluded } : {}),
  }
}

/** Whisper's own doubts: no speech at all, or the same over and over. */
function exclusionOf(segments: VerboseAnswer['segments'] & {}): 'no_speech' | 'repetition' | undefined {
  if (!segments?.length) return undefined
  const silent = segments.every(
    ({ no_speech_prob, avg_logprob }) => (no_speech_prob ?? 0) > NO_SPEECH && (avg_logprob ?? 0) < MIN_LOGPROB,
  )
  if (silent) return 'no_speech'
  return segments.every(({ compression_ratio }) => (compression_ratio ?? 0) > MAX_COMPRESSION) ? 'repetition' : undefined
}

const NAMES = new Intl.DisplayNames(['en'], { type: 'language' })
const BY_NAME = new Map(
  'en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el cs ro da hu ta no th ur hr bg lt sk et eu gl'
    .split(' ')
    .map((tag) => [NAMES.of(tag)?.toLowerCase(), tag]),
)

/** Some servers tell `es`, some `spanish`. */
function languageTag(language: string | null | undefined): string | undefined {
  if (!language) return undefined
  const told = language.toLowerCase()
  return /^[a-z]{2,3}(-[a-z0-9]+)*$/.test(told) && told.length <= 3 ? told : BY_NAME.get(told)
}
