import { SearchQuery } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import type { HttpDeps } from './deps.ts'
import { ownerFilter } from './guard.ts'
import { parseRequest } from './validate.ts'

/** `/search`: what was said, found again. */
export function searchRoutes(app: FastifyInstance, { store }: HttpDeps): void {
  app.get('/search', async (request) => {
    const { q, limit } = parseRequest(SearchQuery, request.query, 'query')
    const hits = await store.search(q, { limit, owner: ownerFilter(request) })
    return {
      query: q,
      hits: hits.map((hit) => ({
        session_id: hit.sessionId,
        segment_id: hit.segmentId,
        start: hit.start,
        speaker: hit.speaker,
        snippet: splitSnippet(hit.snippet),
      })),
    }
  })
}

/** `a \uE000b\uE001 c` → parts, told apart as hit or not: no markup to escape on either side. */
export function splitSnippet(snippet: string): { text: string; hit: boolean }[] {
  return snippet
    .split(/(\uE000[^\uE001]*\uE001)/)
    .filter((part) => part !== '')
    .map((part) => ({ text: part.replace(/[\uE000\uE001]/g, ''), hit: part.startsWith('\uE000') }))
}
