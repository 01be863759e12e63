import { sql } from 'kysely'
import type { SearchHit, Store } from '../store.ts'
import type { StoreContext } from './context.ts'

const HIT_START = '\ue000'
const HIT_END = '\ue001'
/** Words of context in a snippet. */
const SNIPPET_TOKENS = 20
const MAX_LIMIT = 200
/** Words of a query that are looked at. */
const MAX_TERMS = 32

/**
 * What a person typed as a full-text query: every word must occur, the last one may be the beginning of one. Nothing of it is
 * taken as an operator. Null when it holds no word.
 */
export function toFtsQuery(text: string): string | null {
  const words = text
    .normalize('NFC')
    .match(/[\p{L}\p{N}\p{M}]+/gu)
    ?.slice(0, MAX_TERMS)
  if (!words) return null
  const terms = words.map((word) => `"${word}"`)
  return /[\p{L}\p{N}\p{M}]$/u.test(text) ? `${terms.join(' ')}*` : terms.join(' ')
}

/** Best matches first. Segments that are no talk (`excluded`) and live text that a final pass replaced are left out. */
export function searchStore({ db }: StoreContext): Store['search'] {
  return async (query, { owner, limit }) => {
    const match = toFtsQuery(query)
    if (match === null) return []
    const ownerIs = owner === undefined ? sql`1 = 1` : sql`s.owner = ${owner}`
    const { rows } = await sql<SearchHit>`
      SELECT g.session_id AS sessionId, g.id AS segmentId, g.start_s AS start, g.speaker AS speaker,
        snippet(segments_fts, 0, ${HIT_START}, ${HIT_END}, '…', ${SNIPPET_TOKENS}) AS snippet
      FROM segments_fts JOIN segments g ON g.rowid = segments_fts.rowid JOIN sessions s ON s.id = g.session_id
      WHERE segments_fts MATCH ${match} AND ${ownerIs} AND (g.excluded IS NULL OR g.excluded = 'not_addressed')
        AND g.pass = CASE s.has_final WHEN 1 THEN 'final' ELSE 'live' END
      ORDER BY segments_fts.rank, s.created_at DESC, g.start_s
      LIMIT ${Math.max(1, Math.min(limit, MAX_LIMIT))}`.execute(db)
    return rows.map((row) => ({ ...row }))
  }
}
