import { AccessToken, AuditPage, AuditPageQuery, Me, TokenBody } from '../access.ts'
import { Health } from '../http.ts'
import { Diagnosis, ModelList, PullBody, SystemStatus } from '../views.ts'
import { file, type HttpRoute, ok } from './route.ts'

/** Operations: keys, models, machine, health, descriptions of the API. */

export const OPERATION_ROUTES: readonly HttpRoute[] = [
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
