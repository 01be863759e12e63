import { sql } from 'kysely'
import type { Store } from '../store.ts'
import type { StoreContext } from './context.ts'
import { sessionNotFound } from './errors.ts'

/** The owner of documents that belong to no session, such as settings. */
export const GLOBAL_DOCUMENTS = ''

/** Small JSON documents by key. One can be put only while its session exists, so that nothing outlives an erasure. */
export function documentStore({ db }: StoreContext): Store['documents'] {
  return {
    async put(sessionId, key, value) {
      const { numAffectedRows } = await sql`
        INSERT INTO documents (session_id, key, value) SELECT ${sessionId}, ${key}, ${JSON.stringify(value ?? null)}
        WHERE ${sessionId} = ${GLOBAL_DOCUMENTS} OR EXISTS (SELECT 1 FROM sessions WHERE id = ${sessionId})
        ON CONFLICT DO UPDATE SET value = excluded.value`.execute(db)
      if (numAffectedRows === 0n) throw sessionNotFound(sessionId)
    },

    async get<T>(sessionId: string, key: string) {
      const row = await db
        .selectFrom('documents')
        .select('value')
        .where('session_id', '=', sessionId)
        .where('key', '=', key)
        .executeTakeFirst()
      return row ? (JSON.parse(row.value) as T) : null
    },

    async list<T>(sessionId: string, prefix: string) {
      const rows = await db
        .selectFrom('documents')
        .select(['key', 'value'])
        .where('session_id', '=', sessionId)
        .where(sql<string>`substr(key, 1, ${[...prefix].length})`, '=', prefix)
        .orderBy('key')
        .execute()
      return rows.map(({ key, value }) => ({ key, value: JSON.parse(value) as T }))
    },

    async delete(sessionId, key) {
      await db.deleteFrom('documents').where('session_id', '=', sessionId).where('key', '=', key).execute()
    },
  }
}
