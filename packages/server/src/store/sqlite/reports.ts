import type { Report } from '@vigia/protocol'
import type { Store } from '../store.ts'
import type { StoreContext } from './context.ts'
import { ConstraintError, sessionNotFound } from './errors.ts'

/** The newest report of each session. */
export function reportStore({ db }: StoreContext): Store['reports'] {
  return {
    async put(sessionId, report) {
      const row = { tasks: report.action_items.length, data: JSON.stringify(report) }
      try {
        await db
          .insertInto('reports')
          .values({ session_id: sessionId, ...row })
          .onConflict((conflict) => conflict.column('session_id').doUpdateSet(row))
          .execute()
      } catch (error) {
        throw error instanceof ConstraintError && error.rule === 'foreign_key' ? sessionNotFound(sessionId) : error
      }
    },

    async get(sessionId) {
      const row = await db.selectFrom('reports').select('data').where('session_id', '=', sessionId).executeTakeFirst()
      return row ? (JSON.parse(row.data) as Report) : null
    },
  }
}
