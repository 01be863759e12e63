import { AskBody, AskResult, SearchQuery, SearchResult } from '../http.ts'
import { type HttpRoute, ok } from './route.ts'

/** Search and questions over all sessions. */

export const SEARCH_ROUTES: readonly HttpRoute[] = [
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
