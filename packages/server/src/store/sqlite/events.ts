import { sql } from 'kysely'
import type { Store } from '../store.ts'
import { atomically, type StoreContext } from './context.ts'
import { ConstraintError, sessionNotFound } from './errors.ts'

/** Events of a session, numbered from 1 without holes: the number is given inside the transaction that stores it. */
export function eventStore({ db, client }: StoreContext): Store['events'] {
  return {
    async append(sessionId, events) {
      if (events.length === 0) return []
      const inserts = events.map(({ atMs, type, data }) => ({
        compile: () =>
          sql`INSERT INTO events (session_id, seq, at_ms, type, data)
            VALUES (${sessionId}, 1 + coalesce((SELECT max(seq) FROM events WHERE session_id = ${sessionId}), 0),
              ${atMs}, ${type}, ${JSON.stringify(data ?? null)}) RETURNING seq`.compile(db),
      }))
      try {
        const results = await atomically(client, inserts)
        return events.map((event, index) => ({ ...event, seq: Number(results[index]?.rows[0]?.seq) }))
      } catch (error) {
        throw error instanceof ConstraintError && error.rule === 'foreign_key' ? sessionNotFound(sessionId) : error
      }
    },

    async list(sessionId, afterSeq, limit) {
      const rows = await db
        .selectFrom('events')
        .selectAll()
        .where('session_id', '=', sessionId)
        .where('seq', '>', afterSeq)
        .orderBy('seq')
        .limit(limit)
        .execute()
      return rows.map((row) => ({ seq: row.seq, atMs: row.at_ms, type: row.type, data: JSON.parse(row.data) as unknown }))
    },
  }
}
