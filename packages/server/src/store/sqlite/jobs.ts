import { sql } from 'kysely'
import type { Job, Store } from '../store.ts'
import type { StoreContext } from './context.ts'
import { ConstraintError, sessionNotFound } from './errors.ts'

/** Length of a stored error text. */
const MAX_ERROR_CHARS = 2000

/** A queue in a table: a job is claimed by a lease, so that one whose worker died is free again later. */
export function jobStore({ db, clock }: StoreContext): Store['jobs'] {
  return {
    async add(kind, sessionId, payload = {}, delayMs = 0) {
      const values = {
        kind,
        session_id: sessionId,
        payload: JSON.stringify(payload),
        run_at: Math.round(clock.wallMs() + delayMs),
        state: 'open' as const,
      }
      try {
        const { id } = await db.insertInto('jobs').values(values).returning('id').executeTakeFirstOrThrow()
        return id
      } catch (error) {
        throw error instanceof ConstraintError && error.rule === 'foreign_key' ? sessionNotFound(sessionId) : error
      }
    },

    async claim(kinds, leaseMs) {
      if (kinds.length === 0) return null
      const now = Math.round(clock.wallMs())
      const { rows } = await sql<JobColumns>`
        UPDATE jobs SET leased_until = ${now + leaseMs}, attempts = attempts + 1 WHERE id = (
          SELECT id FROM jobs WHERE kind IN (${sql.join(kinds)}) AND state = 'open' AND run_at <= ${now}
          AND (leased_until IS NULL OR leased_until <= ${now}) ORDER BY id LIMIT 1
        ) RETURNING id, kind, session_id, payload, attempts`.execute(db)
      return rows[0] ? toJob(rows[0]) : null
    },

    async extend(id, leaseMs) {
      const leased_until = Math.round(clock.wallMs()) + leaseMs
      await db.updateTable('jobs').set({ leased_until }).where('id', '=', id).where('state', '=', 'open').execute()
    },

    async done(id) {
      await db.deleteFrom('jobs').where('id', '=', id).execute()
    },

    async fail(id, error, retryInMs) {
      const columns = { error: error.slice(0, MAX_ERROR_CHARS), leased_until: null }
      const next = retryInMs === null ? { state: 'failed' as const } : { run_at: Math.round(clock.wallMs()) + retryInMs }
      await db
        .updateTable('jobs')
        .set({ ...columns, ...next })
        .where('id', '=', id)
        .execute()
    },

    async count(kinds) {
      if (kinds.length === 0) return 0
      const { n } = await db
        .selectFrom('jobs')
        .select((query) => query.fn.countAll<number>().as('n'))
        .where('state', '=', 'open')
        .where('kind', 'in', [...kinds])
        .executeTakeFirstOrThrow()
      return n
    },
  }
}

interface JobColumns {
  id: number
  kind: string
  session_id: string
  payload: string
  attempts: number
}

function toJob(row: JobColumns): Job {
  const payload = JSON.parse(row.payload) as Record<string, unknown>
  return { id: row.id, kind: row.kind, sessionId: row.session_id, payload, attempts: row.attempts }
}
