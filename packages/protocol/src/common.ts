import { z } from 'zod'

/** Ids a client may choose: letters, digits, dot, dash, underscore; never a path. */
export const SESSION_ID_PATTERN = /^(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** What those who are recorded said to it. */
export const Consent = z.enum(['unknown', 'announced', 'given', 'refused'])
export type Consent = z.infer<typeof Consent>

export const SessionId = z
  .string()
  .regex(SESSION_ID_PATTERN)
  .describe('1–128 letters, digits, dots, dashes or underscores, beginning with a letter or digit; no ".."')

/** Seconds on the session's timeline. */
export const Seconds = z.number().nonnegative().describe('seconds on the session timeline')

/** Audio encodings of a session's stream. */
export const Encoding = z.enum([
  'pcm16',
  'pcm_f32',
  'mulaw',
  'alaw',
  'opus',
  'ogg_opus',
  'webm_opus',
  'flac',
  'mp3',
  'wav',
  'aac',
])
export type Encoding = z.infer<typeof Encoding>

export const Word = z.object({
  text: z.string(),
  start: Seconds,
  end: Seconds,
  confidence: z.number().min(0).max(1).optional(),
  speaker: z.string().optional(),
})
export type WireWord = z.infer<typeof Word>

/** Why a segment does not count. It stays in the transcript, marked; all but `not_addressed` keep it out of the report. */
export const ExcludedReason = z.enum([
  'unreliable',
  'repetition',
  'boilerplate',
  'no_speech',
  'echo',
  'not_addressed',
  'off_record',
])
export type ExcludedReason = z.infer<typeof ExcludedReason>

/** True for what people said to each other or to the assistant: the report rests on it. Talk that was not meant for the assistant is talk all the same. */
export const countsAsSaid = ({ excluded }: { excluded?: string | undefined }): boolean =>
  excluded === undefined || excluded === 'not_addressed'

/** A piece of transcript: a final utterance, or a speaker's part of one. A higher `rev` replaces a lower one of the same id. */
export const Segment = z.object({
  id: z.string(),
  start: Seconds,
  end: Seconds,
  text: z.string(),
  speaker: z.string().optional(),
  words: z.array(Word).optional(),
  confidence: z.number().min(0).max(1).optional(),
  language: z.string().optional(),
  overlap: z.boolean().optional(),
  excluded: ExcludedReason.optional(),
  edited: z.boolean().optional(),
  rev: z.number().int().nonnegative(),
})
export type Segment = z.infer<typeof Segment>

/** What a session gets under load. */
export const Tier = z.enum(['full', 'no_voice', 'record_only'])
export type Tier = z.infer<typeof Tier>

/** One engine as a client sees it. */
export const EngineInfo = z.object({
  id: z.string(),
  model: z.string().optional(),
  available: z.boolean(),
  note: z.string().optional().describe('what a user should know, for instance that a model knows synthetic voices only'),
})
export type EngineInfo = z.infer<typeof EngineInfo>
