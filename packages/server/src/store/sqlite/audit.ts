import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { AuditEntry, Store, StoredAuditEntry } from '../store.ts'
import { isoNow, type StoreContext } from './context.ts'

/**
 * The audit log: rows that only grow, each with a hash over itself and the one before it, so that a row that was changed or taken
 * out shows. It holds who did what to which session, never what was said; sessions stand as hashes of their ids.
 */
export function auditStore({ db, clock }: StoreContext): Store['audit'] {
  let last: Promise<{ seq: number; hash: string }> | null = null

  const readLast = async (): Promise<{ seq: number; hash: string }> => {
    const row = await db.selectFrom('audit').select(['seq', 'hash']).orderBy('seq', 'desc').limit(1).executeTakeFirst()
    return row ?? { seq: 0, hash: '' }
  }

  const write = async (before: { seq: number; hash: string }, entry: AuditEntry): Promise<{ seq: number; hash: string }> => {
    const row = { seq: before.seq + 1, at: isoNow(clock), ...columnsOf(entry) }
    const hash = chained(before.hash, row)
    await db
      .insertInto('audit')
      .values({ ...row, hash })
      .execute()
    return { seq: row.seq, hash }
  }

  return {
    async append(entry) {
      const writing = (last ?? readLast()).then((before) => write(before, entry))
      // a failed row leaves no hole: the next one asks the database where the chain ends
      last = writing.catch(readLast)
      await writing
    },

    async list({ before, limit }) {
      const query = db.selectFrom('audit').selectAll().orderBy('seq', 'desc').limit(limit)
      const rows = await (before === undefined ? query : query.where('seq', '<', before)).execute()
      return rows.map(({ key_id, hash: _, ...row }): StoredAuditEntry => ({ ...row, keyId: key_id }))
    },

    async verify() {
      let previous: string | null = null
      let expected: number | null = null
      for (let after = 0; ; ) {
        const rows = await db.selectFrom('audit').selectAll().where('seq', '>', after).orderBy('seq').limit(1000).execute()
        for (const { hash, ...row } of rows) {
          const first = previous === null // older rows may have been swept; the first kept one is where the chain begins
          if (!first && (row.seq !== expected || chained(previous!, row) !== hash)) return { brokenAt: row.seq }
          previous = hash
          expected = row.seq + 1
        }
        if (rows.length === 0) return { brokenAt: null }
        after = rows.at(-1)!.seq
      }
    },

    async sweep(olderThan) {
      const newest = sql<number>`(SELECT max(seq) FROM audit)`
      await db.deleteFrom('audit').where('at', '<', olderThan).where('seq', '<', newest).execute()
    },
  }
}

/** How a session stands in the log: it can be looked for by who knows its id, and names nobody after an erasure. */
export const auditName = (id: string): string => createHash('sha256').update(id).digest('hex').slice(0, 16)

interface Columns {
  key_id: string | null
  action: string
  object: string | null
  result: string
  ip: string | null
}

const columnsOf = ({ keyId, action, sessionId, object, result, ip }: AuditEntry): Columns => ({
  key_id: keyId ?? null,
  action,
  object: sessionId === undefined ? (object ?? null) : auditName(sessionId),
  result,
  ip: ip ?? null,
})

function chained(
  previous: string,
  { seq, at, key_id, action, object, result, ip }: Columns & { seq: number; at: string },
): string {
  return createHash('sha256')
    .update(JSON.stringify([previous, seq, at, key_id, action, object, result, ip]))
    .digest('hex')
}
