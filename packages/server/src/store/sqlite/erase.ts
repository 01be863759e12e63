import { sql } from 'kysely'
import { failPoint } from '../../std/fail-point.ts'
import type { AudioStore } from './audio/audio-store.ts'
import { loadManifest } from './audio/manifest.ts'
import { trimTail } from './audio/trim-tail.ts'
import { atomically, type StoreContext } from './context.ts'
import { fromFileError, storageFailed } from './errors.ts'

type Kind = 'session' | 'frame' | 'audio'

/** Erasure for good: of files, rows, search index, log and free pages. What began is finished at the next start. */
export interface Eraser {
  session(id: string): Promise<void>
  frame(id: string): Promise<void>
  /** Removes the files of sound that another has replaced. */
  finishAudio(sessionId: string): Promise<void>
  /** Finishes what a crash interrupted. */
  resume(): Promise<void>
}

export function eraser(context: StoreContext, audio: AudioStore): Eraser {
  const { db, client, files, paths } = context

  const removeFiles = async (kind: Kind, id: string, frames: readonly string[]): Promise<void> => {
    if (kind === 'audio') await removeReplaced(context, id)
    if (kind === 'session') await files.remove(paths.audioDir(id))
    const gone = kind === 'frame' ? [id] : kind === 'session' ? frames : []
    for (const frame of gone) await files.remove(paths.frameDir(frame))
  }

  const finish = async (kind: Kind, id: string, frames: readonly string[]): Promise<void> => {
    await onDisk(removeFiles(kind, id, frames))
    failPoint('erase_files_gone')
    await db.deleteFrom('erasures').where('kind', '=', kind).where('id', '=', id).execute()
  }

  return {
    async session(id) {
      paths.audioDir(id) // refuses ids that could be a path
      await audio.discard(id)
      await onDisk(audio.scrub(id)) // the journal of all sessions has its newest bytes
      const [noted] = await atomically(client, [
        { compile: () => noteErasure(id).compile(db) },
        db.deleteFrom('documents').where('session_id', '=', id),
        // Cascades to audio, gaps, segments (whose triggers clear the search index), events, frames, reports and jobs.
        db.deleteFrom('sessions').where('id', '=', id),
      ])
      const frames = JSON.parse(String(noted?.rows[0]?.frames)) as string[]
      failPoint('erase_noted')
      await finish('session', id, frames)
      await scrub(context)
    },

    async frame(id) {
      paths.frameDir(id)
      await atomically(client, [
        db
          .insertInto('erasures')
          .values({ kind: 'frame', id, frames: '[]' })
          .onConflict((conflict) => conflict.doNothing()),
        db.deleteFrom('frames').where('id', '=', id),
        // what waits to be told of it, or could not be told, names the danger that was seen
        { compile: () => sql`DELETE FROM jobs WHERE payload ->> '$.frameId' = ${id}`.compile(db) },
      ])
      await finish('frame', id, [])
      await scrub(context)
    },

    async finishAudio(sessionId) {
      const noted = await db.selectFrom('erasures').selectAll().where('kind', '=', 'audio').where('id', '=', sessionId).execute()
      for (const { frames } of noted) await finish('audio', sessionId, (JSON.parse(frames) as unknown[]).map(String))
      await scrub(context)
    },

    async resume() {
      const pending = await db.selectFrom('erasures').selectAll().execute()
      for (const { kind, id, frames } of pending) await finish(kind, id, JSON.parse(frames) as string[])
      if (pending.length > 0) await scrub(context)
    },
  }
}

/** What the file system refuses is told as an error of the store. */
async function onDisk(work: Promise<void>): Promise<void> {
  try {
    await work
  } catch (error) {
    throw fromFileError('erased file', error)
  }
}

/** All files of sound but those that the rows name now: also such as were given up before. */
async function removeReplaced({ db, files, paths }: StoreContext, sessionId: string): Promise<void> {
  const manifest = await loadManifest(db, sessionId)
  if (!manifest) return
  await trimTail({ files, paths, sessionId, manifest })
  await files.syncDir(paths.audioDir(sessionId)) // else a power cut brings them back, and no row names them any more
}

/** Writes down which photos go with the session, in the transaction that deletes their rows: none can come in between. */
function noteErasure(id: string) {
  return sql`
    INSERT INTO erasures (kind, id, frames)
    SELECT 'session', ${id}, json_group_array(frames.id) FROM frames WHERE session_id = ${id}
    ON CONFLICT DO UPDATE SET frames = (SELECT json_group_array(value) FROM (
      SELECT value FROM json_each(erasures.frames) UNION SELECT value FROM json_each(excluded.frames)))
    RETURNING frames`
}

/**
 * Leaves nothing of deleted rows in the database's files: deleted cells are already zero (`secure_delete`, for FTS5
 * `secure-delete`), free pages are given back, and the write-ahead log, which holds older versions of pages, is emptied.
 */
async function scrub({ client }: StoreContext): Promise<void> {
  await client.script('PRAGMA incremental_vacuum')
  const { rows } = await client.plain({ sql: 'PRAGMA wal_checkpoint(TRUNCATE)', parameters: [] })
  if (rows[0]?.busy === 0) return
  throw storageFailed('database', new Error('another reader holds the write-ahead log'))
}
