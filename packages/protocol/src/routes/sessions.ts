import { z } from 'zod'
import { Accepted, ListQuery, SessionList, SessionPatchBody, UploadQuery } from '../http.ts'
import { SessionDetail } from '../session.ts'
import { done, type HttpRoute, ok } from './route.ts'

/** Sessions as a whole: listed, uploaded, read, named, erased. */

export const SESSION_ROUTES: readonly HttpRoute[] = [
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
]
