import { z } from 'zod'
import { Consent, Encoding, Seconds, SessionId } from './common.ts'
import { Observation } from './observation.ts'
import { TranscriptItem } from './report.ts'
import { SessionSummary } from './session.ts'

/** Bodies, queries and answers of the native HTTP API. */

/** Body of every HTTP error. */
export const HttpError = z.object({
  error: z.object({
    code: z.string().describe('one of docs/errors.md'),
    message: z.string(),
    hint: z.string().optional(),
    retryable: z.boolean(),
    request_id: z.string().optional().describe('finds the cause in the server log'),
  }),
})
export type HttpError = z.infer<typeof HttpError>

export const SessionList = z.object({
  sessions: z.array(SessionSummary),
  next: z.string().nullable().describe('value of `before` for the next page, or null on the last one'),
})
export type SessionList = z.infer<typeof SessionList>

export const SessionPatchBody = z
  .strictObject({
    title: z.string().max(300).nullable().optional(),
    consent: Consent.optional().describe('what those who were recorded said to it'),
    speaker_names: z
      .record(z.string().regex(/^S\d{1,3}$/), z.string().max(100))
      .optional()
      .describe('label → name; an empty name takes it away'),
  })
  .describe('what is left out stays as it is')
export type SessionPatchBody = z.infer<typeof SessionPatchBody>

export const SpeakerLabel = z.string().regex(/^S\d{1,3}$/)

export const SegmentPatchBody = z
  .strictObject({
    text: z.string().min(1).max(20_000).optional(),
    speaker: SpeakerLabel.optional().describe('who said it'),
    off_record: z.boolean().optional().describe('true keeps it out of report, search and exports; false takes it back'),
  })
  .describe('what is left out stays as it is')
export type SegmentPatchBody = z.infer<typeof SegmentPatchBody>

export const TaskPatchBody = z
  .strictObject({
    status: z.enum(['open', 'done', 'dismissed']).optional(),
    title: z.string().min(1).max(500).optional(),
    owner: z.string().max(100).nullable().optional().describe('a speaker label or a name; null for nobody'),
    due: z.string().max(100).nullable().optional().describe('ISO 8601 date, or words; null for none'),
    reason: z.string().max(200).optional().describe('why it was dismissed'),
    suggested: z
      .boolean()
      .optional()
      .describe('false makes a task of one of `suggested_actions`, as ticking or rewording it does; true takes that back'),
  })
  .describe('what is left out stays as it is')
export type TaskPatchBody = z.infer<typeof TaskPatchBody>

export const FindingPatchBody = z
  .strictObject({
    status: z.enum(['open', 'dismissed']).optional().describe('`open` takes a dismissal back'),
    text: z.string().min(1).max(1000).optional(),
    reason: z.string().max(200).optional().describe('why it was dismissed'),
  })
  .describe('what is left out stays as it is')
export type FindingPatchBody = z.infer<typeof FindingPatchBody>

export const AnalyzeBody = z.strictObject({
  reuse_transcript: z
    .boolean()
    .default(false)
    .describe('keep the transcript, with its corrections, and make only the report again'),
})
export type AnalyzeBody = z.infer<typeof AnalyzeBody>

export const OffRecordBody = z
  .strictObject({ start: Seconds, end: Seconds })
  .refine(({ start, end }) => end > start, { path: ['end'], message: 'expected a time behind start' })
  .describe('a span of the session, seconds')
export type OffRecordBody = z.infer<typeof OffRecordBody>

/** Settings of an uploaded recording: query parameters, or form fields before the file. */
export const UploadQuery = z.strictObject({
  session_id: SessionId.optional(),
  encoding: Encoding.optional().describe('told from the first bytes or the file name when left out'),
  sample_rate: z.coerce.number().int().min(8000).max(48_000).default(16_000).describe('Hz; raw encodings only'),
  channels: z.coerce.number().int().min(1).max(2).default(1).describe('raw encodings only'),
  language: z.string().min(2).max(16).default('es'),
  diarize: z.stringbool().default(true),
  analyze: z.stringbool().default(true),
  speakers: z.coerce.number().int().min(1).max(20).optional(),
  name: z.string().max(300).optional().describe('file name'),
  consent: Consent.optional().describe('what those who were recorded said to it'),
})
export type UploadQuery = z.infer<typeof UploadQuery>

export const Accepted = z.object({ session_id: z.string(), events: z.string().describe('where progress can be followed (SSE)') })
export type Accepted = z.infer<typeof Accepted>

export const VoiceList = z.object({
  engine: z.string().nullable().describe('null: there is no voice here'),
  model: z.string().nullable(),
  voices: z.array(z.object({ id: z.string(), language: z.string(), name: z.string() })),
})
export type VoiceList = z.infer<typeof VoiceList>

export const SearchResult = z.object({
  query: z.string(),
  hits: z.array(
    z.object({
      session_id: z.string(),
      segment_id: z.string(),
      start: z.number(),
      speaker: z.string().nullable(),
      snippet: z.array(z.object({ text: z.string(), hit: z.boolean() })),
    }),
  ),
})
export type SearchResult = z.infer<typeof SearchResult>

export const AskBody = z.strictObject({
  question: z.string().trim().min(2).max(1000),
  session_ids: z.array(SessionId).max(200).optional().describe('only in these sessions'),
  language: z.enum(['es', 'en']).optional().describe('of the answer; told from the question when left out'),
})
export type AskBody = z.infer<typeof AskBody>

export const AskResult = z.object({
  question: z.string(),
  found: z.boolean().describe('false: it is not in the sessions'),
  answer: z.string(),
  method: z.enum(['llm', 'extractive']).describe('`extractive`: the answer is what was said, word for word'),
  citations: z.array(
    z.object({
      session_id: z.string(),
      session_title: z.string().nullable(),
      segment_id: z.string(),
      start: z.number(),
      speaker: z.string().nullable(),
      text: z.string(),
    }),
  ),
})
export type AskResult = z.infer<typeof AskResult>

export const TranscriptDocument = z.object({
  session_id: z.string(),
  language: z.string(),
  duration: z.number(),
  transcript: z.array(TranscriptItem),
})
export type TranscriptDocument = z.infer<typeof TranscriptDocument>

export const Health = z.object({ status: z.enum(['ok', 'unavailable']), reason: z.string().optional() })

export const FrameBody = z.object({
  image_b64: z.string(),
  session_id: SessionId.optional(),
  timestamp: z.union([z.string(), z.number()]).optional(),
  prompt: z.string().max(2000).optional().describe('a question about the photo'),
  language: z.string().min(2).max(16).optional().describe("BCP 47 tag of the prose; the session's by default, then Spanish"),
  metadata: z.record(z.string(), z.unknown()).optional(),
})
export const FrameUpload = z.object({
  file: z.string().meta({ format: 'binary' }),
  session_id: SessionId.optional(),
  timestamp: z.string().optional(),
  prompt: z.string().max(2000).optional(),
  language: z.string().min(2).max(16).optional(),
})

/** A photo in the gallery of its session, with where its pictures are. */
export const GalleryFrame = Observation.extend({
  image: z.string().describe('path of the photo'),
  thumb: z.string().describe('path of the photo at 320 px'),
})
export const FrameGallery = z.object({ session_id: z.string(), frames: z.array(GalleryFrame) })
export type FrameGallery = z.infer<typeof FrameGallery>

export const ImageQuery = z.strictObject({
  variant: z
    .string()
    .regex(/^(view|thumb|burst[1-9])$/)
    .default('view')
    .describe('`view` (1280 px), `thumb` (320 px), `burst1` … for the other photos of a burst'),
})

export const ListQuery = z.strictObject({
  state: z.enum(['live', 'detached', 'ending', 'final']).optional(),
  before: z.string().optional().describe('sessions created before this ISO 8601 time, newest first'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const SearchQuery = z.strictObject({
  q: z.string().min(1).max(500),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
