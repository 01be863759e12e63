import { sql } from 'kysely'
import type { Store, StoredSegment } from '../store.ts'
import { atomically, type StoreContext } from './context.ts'
import { ConstraintError, sessionNotFound } from './errors.ts'
import type { SegmentRow } from './sql/schema.ts'

type NewRow = Omit<SegmentRow, 'rowid'>

/** Segments of transcript, live and final side by side. */
export function segmentStore({ db, client }: StoreContext): Store['segments'] {
  const upsertRow = (row: NewRow) =>
    db
      .insertInto('segments')
      .values(row)
      .onConflict((conflict) =>
        conflict.columns(['session_id', 'pass', 'id']).doUpdateSet(row).where('segments.rev', '<=', row.rev),
      )
  const markFinal = (sessionId: string) => db.updateTable('sessions').set({ has_final: 1 }).where('id', '=', sessionId)

  return {
    async upsert(sessionId, segments) {
      if (segments.length === 0) return
      const hasFinal = segments.some(({ pass }) => pass === 'final')
      const queries = segments.map((segment) => upsertRow(toRow(sessionId, segment)))
      await ofSession(sessionId, atomically(client, [...queries, ...(hasFinal ? [markFinal(sessionId)] : [])]))
    },

    async replaceFinal(sessionId, segments) {
      const clear = db.deleteFrom('segments').where('session_id', '=', sessionId).where('pass', '=', 'final')
      const rows = segments.map((segment) => upsertRow(toRow(sessionId, { ...segment, pass: 'final' })))
      const [marked] = await ofSession(sessionId, atomically(client, [markFinal(sessionId), clear, ...rows]))
      if (marked?.changes === 0) throw sessionNotFound(sessionId)
    },

    async list(sessionId) {
      const { rows } = await sql<SegmentRow>`
        SELECT g.* FROM sessions s JOIN segments g
        ON g.session_id = s.id AND g.pass = CASE s.has_final WHEN 1 THEN 'final' ELSE 'live' END
        WHERE s.id = ${sessionId} ORDER BY g.start_s, g.end_s, g.rowid`.execute(db)
      return rows.map(toSegment)
    },
  }
}

async function ofSession<T>(sessionId: string, work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof ConstraintError && error.rule === 'foreign_key' ? sessionNotFound(sessionId) : error
  }
}

function toRow(sessionId: string, segment: StoredSegment): NewRow {
  const { id, pass, rev, start, end, speaker, excluded, text, ...rest } = segment
  return {
    session_id: sessionId,
    pass,
    id,
    rev,
    start_s: start,
    end_s: end,
    speaker: speaker ?? null,
    excluded: excluded ?? null,
    text,
    data: JSON.stringify(rest),
  }
}

function toSegment(row: SegmentRow): StoredSegment {
  return {
    ...(JSON.parse(row.data) as object),
    id: row.id,
    pass: row.pass as StoredSegment['pass'],
    rev: row.rev,
    start: row.start_s,
    end: row.end_s,
    text: row.text,
    ...(row.speaker === null ? {} : { speaker: row.speaker }),
    ...(row.excluded === null ? {} : { excluded: row.excluded as NonNullable<StoredSegment['excluded']> }),
  }
}
