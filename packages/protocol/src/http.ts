import { z } from 'zod'
import { AccessToken, AuditPage, AuditPageQuery, Me, TokenBody } from './access.ts'
import { Consent, Encoding, Seconds, SessionId } from './common.ts'
import type { ErrorCode } from './errors.ts'
import { AssignSpeakerBody, JoinSegmentsBody, SplitSegmentBody } from './line-edits.ts'
import { Observation } from './observation.ts'
import { Report, TranscriptItem } from './report.ts'
import { SessionDetail, SessionSummary } from './session.ts'
import { Diagnosis, MarkBody, Marked, MergeSpeakersBody, ModelList, Peaks, PeaksQuery, PullBody, SystemStatus } from './views.ts'
import { EnrolVoiceBody, SpeakerMatches, VoiceProfileInfo, VoiceProfileList } from './voice-profiles.ts'

/** The HTTP routes of the native API as one table; OpenAPI is generated from it and a server test compares it with the routes served. */

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

/** One answer of a route. A string `type` without schema is a body of that media type. */
export interface RouteAnswer {
  description: string
  type?: string
  schema?: z.ZodType
}

/** One route. `path` is written as OpenAPI does: `/sessions/{id}`. */
export interface HttpRoute {
  method: 'get' | 'post' | 'patch' | 'delete'
  path: string
  tag: 'sessions' | 'vision' | 'operations'
  summary: string
  query?: z.ZodType
  headers?: Record<string, string>
  /** Request bodies by media type; an empty object schema stands for raw bytes. */
  body?: Record<string, z.ZodType | null>
  answers: Record<number, RouteAnswer>
  errors: readonly ErrorCode[]
}

const ok = (description: string, schema: z.ZodType): Record<number, RouteAnswer> => ({ 200: { description, schema } })
const file = (description: string, type: string): Record<number, RouteAnswer> => ({ 200: { description, type } })
const done: Record<number, RouteAnswer> = { 204: { description: 'done' } }

export const ListQuery = z.strictObject({
  state: z.enum(['live', 'detached', 'ending', 'final']).optional(),
  before: z.string().optional().describe('sessions created before this ISO 8601 time, newest first'),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})
export const SearchQuery = z.strictObject({
  q: z.string().min(1).max(500),
  limit: z.coerce.number().int().min(1).max(200).default(50),
})

const SESSION_ROUTES: HttpRoute[] = [
  {
    method: 'get',
    path: '/sessions',
    tag: 'sessions',
    summary: 'Sessions, newest first',
    query: ListQuery,
    answers: ok('a page of sessions', SessionList),
    errors: ['invalid_request'],
  },
  {
    method: 'post',
    path: '/sessions',
    tag: 'sessions',
    summary: 'Upload a recording; it is stored, transcribed and analysed as a session',
    query: UploadQuery,
    body: { 'multipart/form-data': z.object({ file: z.string().meta({ format: 'binary' }) }), 'application/octet-stream': null },
    answers: { 202: { description: 'stored durably; being analysed', schema: Accepted } },
    errors: ['invalid_request', 'unsupported_codec', 'invalid_audio', 'session_exists', 'message_too_large', 'storage_full'],
  },
  {
    method: 'get',
    path: '/sessions/{id}',
    tag: 'sessions',
    summary: 'One session with its timeline',
    answers: ok('the session', SessionDetail),
    errors: ['session_not_found'],
  },
  {
    method: 'patch',
    path: '/sessions/{id}',
    tag: 'sessions',
    summary: 'Name speakers, set the title',
    body: { 'application/json': SessionPatchBody },
    answers: ok('the session', SessionDetail),
    errors: ['invalid_request', 'session_not_found'],
  },
  {
    method: 'delete',
    path: '/sessions/{id}',
    tag: 'sessions',
    summary: 'Erase a session and everything made from it, for good',
    answers: done,
    errors: ['session_not_found'],
  },
  {
    method: 'patch',
    path: '/sessions/{id}/segments/{segmentId}',
    tag: 'sessions',
    summary: 'Correct the text or the speaker of a segment, or take it off the record',
    body: { 'application/json': SegmentPatchBody },
    answers: ok('the session', SessionDetail),
    errors: ['invalid_request', 'session_not_found', 'not_found'],
  },
  {
    method: 'post',
    path: '/sessions/{id}/segments/{segmentId}/split',
    tag: 'sessions',
    summary: 'Cut a line of a finished transcript in two; what cites it follows its words',
    body: { 'application/json': SplitSegmentBody },
    answers: ok('the session', SessionDetail),
    errors: ['invalid_request', 'session_not_found', 'not_found', 'conflict'],
  },
  {
    method: 'post',
    path: '/sessions/{id}/segments/{segmentId}/join',
    tag: 'sessions',
    summary: 'Join a line of a finished transcript with the one that follows',
    body: { 'application/json': JoinSegmentsBody },
    answers: ok('the session', SessionDetail),
    errors: ['invalid_request', 'session_not_found', 'not_found', 'conflict'],
  },
  {
    method: 'post',
    path: '/sessions/{id}/speakers/assign',
    tag: 'sessions',
    summary: 'Say who spoke these lines: parts two voices that were taken for one, or takes a merge back',
    body: { 'application/json': AssignSpeakerBody },
    answers: ok('the session', SessionDetail),
    errors: ['invalid_request', 'session_not_found', 'not_found'],
  },
  {
    method: 'patch',
    path: '/sessions/{id}/tasks/{taskId}',
    tag: 'sessions',
    summary: 'Tick, reopen, dismiss or change a task of the report',
    body: { 'application/json': TaskPatchBody },
    answers: ok('the report', Report),
    errors: ['invalid_request', 'session_not_found', 'report_not_ready', 'not_found'],
  },
  {
    method: 'patch',
    path: '/sessions/{id}/findings/{findingId}',
    tag: 'sessions',
    summary: 'Dismiss, restore or reword a decision, risk or open question of the report',
    body: { 'application/json': FindingPatchBody },
    answers: ok('the report', Report),
    errors: ['invalid_request', 'session_not_found', 'report_not_ready', 'not_found'],
  },
  {
    method: 'post',
    path: '/sessions/{id}/speakers/merge',
    tag: 'sessions',
    summary: 'Two labels were one person: everything of one becomes the other',
    body: { 'application/json': MergeSpeakersBody },
    answers: ok('the session', SessionDetail),
    errors: ['invalid_request', 'session_not_found', 'not_found'],
  },
  {
    method: 'post',
    path: '/sessions/{id}/marks',
    tag: 'sessions',
    summary: 'Mark a moment; it stands on the timeline',
    body: { 'application/json': MarkBody },
    answers: { 201: { description: 'marked', schema: Marked } },
    errors: ['invalid_request', 'session_not_found'],
  },
  {
    method: 'delete',
    path: '/sessions/{id}/marks/{markId}',
    tag: 'sessions',
    summary: 'Take a mark away',
    answers: done,
    errors: ['session_not_found'],
  },
  {
    method: 'get',
    path: '/sessions/{id}/peaks',
    tag: 'sessions',
    summary: 'The waveform of the recording, for drawing',
    query: PeaksQuery,
    answers: ok('least and largest amplitude of each window', Peaks),
    errors: ['session_not_found', 'not_found', 'invalid_request'],
  },
  {
    method: 'post',
    path: '/sessions/{id}/analyze',
    tag: 'sessions',
    summary: 'Make transcript and report again from what is stored',
    body: { 'application/json': AnalyzeBody },
    answers: { 202: { description: 'being analysed', schema: Accepted } },
    errors: ['session_not_found', 'session_not_live'],
  },
  {
    method: 'post',
    path: '/sessions/{id}/off-record',
    tag: 'sessions',
    summary: 'Erase the sound, words and photos of a span for good; in an open session, when it has ended',
    body: { 'application/json': OffRecordBody },
    answers: { 202: { description: 'being erased; the report is made again without it', schema: Accepted } },
    errors: ['session_not_found', 'conflict', 'invalid_request'],
  },
  {
    method: 'get',
    path: '/sessions/{id}/report',
    tag: 'sessions',
    summary: 'The report',
    answers: ok('the report', Report),
    errors: ['session_not_found', 'report_not_ready'],
  },
  {
    method: 'get',
    path: '/sessions/{id}/transcript.json',
    tag: 'sessions',
    summary: 'The transcript as JSON',
    answers: ok('the transcript', TranscriptDocument),
    errors: ['session_not_found'],
  },
  ...(
    [
      ['md', 'text/markdown', 'Markdown'],
      ['srt', 'application/x-subrip', 'SubRip subtitles'],
      ['vtt', 'text/vtt', 'WebVTT captions'],
      ['txt', 'text/plain', 'plain text'],
      ['docx', 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'a Word document with the report'],
    ] as const
  ).map(
    ([ext, type, name]): HttpRoute => ({
      method: 'get',
      path: `/sessions/{id}/transcript.${ext}`,
      tag: 'sessions',
      summary: `The transcript as ${name}`,
      answers: file('the transcript', type),
      errors: ['session_not_found'],
    }),
  ),
  {
    method: 'get',
    path: '/sessions/{id}/audio',
    tag: 'sessions',
    summary: 'The recording as 16 kHz mono WAV; takes one byte range',
    headers: { Range: 'bytes=from-to, bytes=from- or bytes=-count' },
    answers: {
      200: { description: 'the whole recording', type: 'audio/wav' },
      206: { description: 'the range', type: 'audio/wav' },
    },
    errors: ['session_not_found', 'not_found', 'range_not_satisfiable'],
  },
  {
    method: 'get',
    path: '/sessions/{id}/events',
    tag: 'sessions',
    summary: 'What happens in the session, from its beginning or after Last-Event-ID, as server-sent events',
    headers: { 'Last-Event-ID': 'number of the last event that was read' },
    answers: file('messages of the socket protocol as events', 'text/event-stream'),
    errors: ['session_not_found', 'invalid_request'],
  },
  {
    method: 'get',
    path: '/voices',
    tag: 'operations',
    summary: 'Voices that the assistant can speak with',
    answers: ok('voices', VoiceList),
    errors: [],
  },
  {
    method: 'get',
    path: '/voices/profiles',
    tag: 'operations',
    summary: 'People whose voice is known, with their consent; off by default',
    answers: ok('the profiles', VoiceProfileList),
    errors: [],
  },
  {
    method: 'post',
    path: '/voices/profiles',
    tag: 'operations',
    summary: 'Enrol the voice of a speaker of a finished session, with their consent',
    body: { 'application/json': EnrolVoiceBody },
    answers: { 201: { description: 'enrolled', schema: VoiceProfileInfo } },
    errors: ['invalid_request', 'forbidden', 'session_not_found', 'not_found', 'engine_unavailable'],
  },
  {
    method: 'delete',
    path: '/voices/profiles/{id}',
    tag: 'operations',
    summary: 'Forget a known voice, for good',
    answers: done,
    errors: ['not_found', 'forbidden'],
  },
  {
    method: 'get',
    path: '/sessions/{id}/speakers',
    tag: 'sessions',
    summary: 'Whom each speaker is taken for, by the known voices; suggestions included',
    answers: ok('the matches', SpeakerMatches),
    errors: ['session_not_found', 'forbidden', 'not_found', 'engine_unavailable'],
  },
  {
    method: 'get',
    path: '/search',
    tag: 'sessions',
    summary: 'Search what was said, without regard to accents',
    query: SearchQuery,
    answers: ok('hits, best first', SearchResult),
    errors: ['invalid_request'],
  },
  {
    method: 'post',
    path: '/ask',
    tag: 'sessions',
    summary: 'Ask over all sessions; the answer cites what was said, or says that it is not there',
    body: { 'application/json': AskBody },
    answers: ok('the answer', AskResult),
    errors: ['invalid_request'],
  },
]

const frameAnswers: Record<number, RouteAnswer> = {
  200: { description: 'what was seen', schema: Observation },
  202: { description: 'stored; described later (Prefer: respond-async)', schema: Observation },
}
const FRAME_ERRORS = ['invalid_request', 'invalid_image', 'unsupported_image', 'image_too_large', 'session_not_found'] as const

const VISION_ROUTES: HttpRoute[] = [
  {
    method: 'post',
    path: '/vision/frame',
    tag: 'vision',
    summary: 'Send a photo; its description comes back',
    headers: { Prefer: '`respond-async` answers 202 at once' },
    body: { 'multipart/form-data': FrameUpload, 'application/json': FrameBody },
    answers: frameAnswers,
    errors: FRAME_ERRORS,
  },
  {
    method: 'post',
    path: '/vision/frame_b64',
    tag: 'vision',
    summary: 'The JSON form of /vision/frame under its other name',
    headers: { Prefer: '`respond-async` answers 202 at once' },
    body: { 'application/json': FrameBody },
    answers: frameAnswers,
    errors: FRAME_ERRORS,
  },
  {
    method: 'get',
    path: '/sessions/{id}/frames',
    tag: 'vision',
    summary: 'The photos of a session, in the order of its timeline',
    answers: ok('the gallery', FrameGallery),
    errors: ['session_not_found'],
  },
  {
    method: 'get',
    path: '/vision/frames/{id}',
    tag: 'vision',
    summary: 'One observation',
    answers: ok('the observation', Observation),
    errors: ['frame_not_found'],
  },
  {
    method: 'get',
    path: '/vision/frames/{id}/image',
    tag: 'vision',
    summary: 'The stored photo',
    query: ImageQuery,
    answers: file('the photo', 'image/*'),
    errors: ['frame_not_found'],
  },
]

const OPERATION_ROUTES: HttpRoute[] = [
  {
    method: 'get',
    path: '/access/me',
    tag: 'operations',
    summary: 'Whose key this is and what it may do',
    answers: ok('the caller', Me),
    errors: ['unauthorized'],
  },
  {
    method: 'post',
    path: '/access/tokens',
    tag: 'operations',
    summary: 'A short-lived token for a browser or a phone, made from the key of this request',
    body: { 'application/json': TokenBody },
    answers: { 201: { description: 'the token', schema: AccessToken } },
    errors: ['unauthorized', 'forbidden', 'invalid_request'],
  },
  {
    method: 'get',
    path: '/audit',
    tag: 'operations',
    summary: 'Who did what, newest first; scope admin',
    query: AuditPageQuery,
    answers: ok('a page of the audit log', AuditPage),
    errors: ['unauthorized', 'forbidden', 'invalid_request'],
  },
  {
    method: 'get',
    path: '/livez',
    tag: 'operations',
    summary: 'The process answers',
    answers: ok('alive', Health),
    errors: [],
  },
  {
    method: 'get',
    path: '/readyz',
    tag: 'operations',
    summary: 'Sessions can be stored: writes and syncs a probe',
    answers: { ...ok('ready', Health), 503: { description: 'not ready', schema: Health } },
    errors: [],
  },
  {
    method: 'get',
    path: '/system',
    tag: 'operations',
    summary: 'What this server runs on and does now: engines, memory, live sessions, queue, last errors',
    answers: ok('the state', SystemStatus),
    errors: [],
  },
  {
    method: 'get',
    path: '/system/doctor',
    tag: 'operations',
    summary: 'What this machine is, what its profile needs, what is missing and the command that brings it',
    answers: ok('the diagnosis', Diagnosis),
    errors: [],
  },
  {
    method: 'get',
    path: '/system/models',
    tag: 'operations',
    summary: 'Models of the catalogue: which are there, which are being fetched',
    answers: ok('the models', ModelList),
    errors: [],
  },
  {
    method: 'post',
    path: '/system/models/{id}/pull',
    tag: 'operations',
    summary: 'Fetch a model; its progress is in GET /system/models',
    body: { 'application/json': PullBody },
    answers: { 202: { description: 'being fetched', schema: ModelList } },
    errors: ['model_not_found', 'model_license', 'invalid_request'],
  },
  {
    method: 'get',
    path: '/metrics',
    tag: 'operations',
    summary: 'Prometheus metrics',
    answers: file('metrics', 'text/plain'),
    errors: [],
  },
  {
    method: 'get',
    path: '/openapi.json',
    tag: 'operations',
    summary: 'This description',
    answers: file('OpenAPI 3.1', 'application/json'),
    errors: [],
  },
  {
    method: 'get',
    path: '/asyncapi.json',
    tag: 'operations',
    summary: 'The socket, described',
    answers: file('AsyncAPI 3.0', 'application/json'),
    errors: [],
  },
]

/** Every documented HTTP route of the native API. */
export const HTTP_ROUTES: readonly HttpRoute[] = [...SESSION_ROUTES, ...VISION_ROUTES, ...OPERATION_ROUTES]
