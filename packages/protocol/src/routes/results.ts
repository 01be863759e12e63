import { Accepted, AnalyzeBody, OffRecordBody, TranscriptDocument } from '../http.ts'
import { Report } from '../report.ts'
import { Peaks, PeaksQuery } from '../views.ts'
import { file, type HttpRoute, ok } from './route.ts'

/** What is made of a session: waveform, report, transcript, recording, events. */

export const RESULT_ROUTES: readonly HttpRoute[] = [
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
]
