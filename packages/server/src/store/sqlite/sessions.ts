import { VigiaError } from '@vigia/protocol'
import { sql } from 'kysely'
import { failPoint } from '../../std/fail-point.ts'
import type { SessionCounts, SessionFilter, SessionRecord, Store } from '../store.ts'
import { atomically, isoNow, type StoreContext } from './context.ts'
import { ConstraintError, sessionNotFound } from './errors.ts'
import { newRow, patchColumns, toSession } from './session-rows.ts'
import type { SessionRow } from './sql/schema.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000

interface CountsRow {
  segments: number
  speakers: number
  frames: number
  tasks: number
  has_report: number
}

/** Sessions without their erasure, which touches files too. */
export function sessionStore({ db, client, clock, paths }: StoreContext): Omit<Store['sessions'], 'erase' | 'redact'> {
  const get = async (id: string): Promise<SessionRecord | null> => {
    const row = await db.selectFrom('sessions').selectAll().where('id', '=', id).executeTakeFirst()
    return row ? toSession(row) : null
  }

  return {
    get,

    async create(session) {
      paths.audioDir(session.id) // refuses ids that could be a path
      const row = newRow(session, isoNow(clock))
      failPoint('session_before_create')
      try {
        await db.insertInto('sessions').values(row).execute()
      } catch (error) {
        if (!(error instanceof ConstraintError)) throw error
        throw new VigiaError('session_exists', `There already is a session "${session.id}".`, { cause: error })
      }
      failPoint('session_created')
      return toSession(row)
    },

    async list(filter) {
      const rows = await listQuery(filter).execute(db)
      return rows.rows.map((row) => ({ ...toSession(row), ...toCounts(row) }))
    },

    async counts(id) {
      const { rows } = await sql<CountsRow>`SELECT ${COUNTS} FROM sessions s WHERE s.id = ${id}`.execute(db)
      if (!rows[0]) throw sessionNotFound(id)
      return toCounts(rows[0])
    },

    async update(id, patch) {
      const columns = patchColumns(patch)
      if (Object.keys(columns).length === 0) return
      const { numUpdatedRows } = await db.updateTable('sessions').set(columns).where('id', '=', id).executeTakeFirst()
      if (numUpdatedRows === 0n) throw sessionNotFound(id)
    },

    async takeOver(id, expectedEpoch, tokenHash) {
      failPoint('takeover_before_commit')
      const result = await db
        .updateTable('sessions')
        .set({ epoch: expectedEpoch + 1, token_hash: tokenHash })
        .where('id', '=', id)
        .where('epoch', '=', expectedEpoch)
        .executeTakeFirst()
      failPoint('takeover_committed')
      return result.numUpdatedRows === 1n
    },

    async end(id, { truncated, endedAt, job }) {
      const open = sql<boolean>`state IN ('live', 'detached')`
      const addJob = sql`
        INSERT INTO jobs (kind, session_id, payload, run_at)
        SELECT ${job}, id, '{}', ${clock.wallMs()} FROM sessions WHERE id = ${id} AND ${open}`
      const setEnding = db
        .updateTable('sessions')
        .set({ state: 'ending', truncated: Number(truncated), ended_at: endedAt })
        .where('id', '=', id)
        .where(open)
      failPoint('end_before_commit')
      const [added] = await atomically(client, [{ compile: () => addJob.compile(db) }, setEnding])
      failPoint('end_committed')
      if (added?.changes === 0 && !(await get(id))) throw sessionNotFound(id)
    },
  }
}

/** Segments that count for a session: those of the final pass where there was one. Needs `sessions s` in scope. */
const VISIBLE = sql`g.session_id = s.id AND g.pass = CASE s.has_final WHEN 1 THEN 'final' ELSE 'live' END`

const COUNTS = sql`
  (SELECT count(*) FROM segments g WHERE ${VISIBLE}) AS segments,
  (SELECT count(DISTINCT speaker) FROM segments g WHERE ${VISIBLE}) AS speakers,
  (SELECT count(*) FROM frames f WHERE f.session_id = s.id) AS frames,
  (SELECT coalesce(max(tasks), 0) FROM reports r WHERE r.session_id = s.id) AS tasks,
  (SELECT count(*) FROM reports r WHERE r.session_id = s.id) AS has_report`

function listQuery({ owner, state, before, limit = DEFAULT_LIMIT }: SessionFilter) {
  const conditions = [
    sql`1 = 1`,
    ...(owner === undefined ? [] : [sql`s.owner = ${owner}`]),
    ...(state === undefined ? [] : [sql`s.state = ${state}`]),
    ...(before === undefined ? [] : [sql`s.created_at < ${before}`]),
  ]
  return sql<SessionRow & CountsRow>`
    SELECT s.*, ${COUNTS} FROM sessions s WHERE ${sql.join(conditions, sql` AND `)}
    ORDER BY s.created_at DESC, s.id DESC LIMIT ${Math.max(1, Math.min(limit, MAX_LIMIT))}`
}

function toCounts(row: CountsRow): SessionCounts {
  const { segments, speakers, frames, tasks } = row
  return { segments, speakers, frames, tasks, hasReport: row.has_report > 0 }
}
