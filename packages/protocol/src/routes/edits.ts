import { FindingPatchBody, SegmentPatchBody, TaskPatchBody } from '../http.ts'
import { AssignSpeakerBody, JoinSegmentsBody, SplitSegmentBody } from '../line-edits.ts'
import { Report } from '../report.ts'
import { SessionDetail } from '../session.ts'
import { MarkBody, Marked, MergeSpeakersBody } from '../views.ts'
import { done, type HttpRoute, ok } from './route.ts'

/** What people correct in a session. */

export const EDIT_ROUTES: readonly HttpRoute[] = [
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
]
