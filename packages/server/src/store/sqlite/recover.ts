import { basename, join } from 'node:path'
import { failPoint } from '../../std/fail-point.ts'
import type { SessionRecord } from '../store.ts'
import { replayJournals } from './audio/journal.ts'
import { loadManifest } from './audio/manifest.ts'
import { brokenTailBytes, trimTail } from './audio/trim-tail.ts'
import { isoNow, type StoreContext } from './context.ts'
import type { Eraser } from './erase.ts'
import { toSession } from './session-rows.ts'

/**
 * Puts the store in order after whatever ended the last process: erasures are finished, files without a row removed, leases freed,
 * and every session that was not final is verified and detached. Each step may be interrupted and done again.
 */
export async function recoverStore(context: StoreContext, eraser: Eraser): Promise<SessionRecord[]> {
  const { db, clock } = context
  await eraser.resume()
  await replayJournal(context)
  await sweepOrphans(context)
  // The directory is locked: whoever held a lease is gone.
  await db.updateTable('jobs').set({ leased_until: null }).where('leased_until', 'is not', null).execute()
  const open = await db.selectFrom('sessions').select('id').where('state', '<>', 'final').orderBy('created_at').execute()
  for (const { id } of open) {
    await verifyRecording(context, id)
    failPoint('recover_midway')
  }
  await db
    .updateTable('sessions')
    .set((column) => ({ state: 'detached', detached_at: column.fn.coalesce('detached_at', column.val(isoNow(clock))) }))
    .where('state', '=', 'live')
    .execute()
  const rows = await db.selectFrom('sessions').selectAll().where('state', '<>', 'final').orderBy('created_at').execute()
  return rows.map(toSession)
}

/** Audio that was safe in the journal and not yet in its own file. */
async function replayJournal({ db, files, paths, log }: StoreContext): Promise<void> {
  const sessions = await db.selectFrom('sessions').select('id').execute()
  const known = new Set(sessions.map(({ id }) => id))
  const { journal: dir, audioSegment: pathOf } = paths
  const damaged = new Set<string>()
  const onDamage = (id: string): void => void damaged.add(id)
  const bytes = await replayJournals({ files, dir, pathOf, isKnown: (id) => known.has(id), onDamage })
  for (const sessionId of damaged) log.error({ sessionId }, 'the journal of a recording is damaged')
  if (bytes > 0) log.info({ bytes }, 'journal of recordings written to their files')
}

async function verifyRecording({ db, files, paths, log }: StoreContext, sessionId: string): Promise<void> {
  const manifest = await loadManifest(db, sessionId)
  if (!manifest) return
  const options = { files, paths, sessionId, manifest }
  const { cutBytes, missingBytes } = await trimTail(options)
  const brokenBytes = await brokenTailBytes(options)
  if (cutBytes > 0) log.info({ sessionId, cutBytes }, 'unacknowledged end of recording cut')
  if (missingBytes > 0 || brokenBytes > 0) log.error({ sessionId, missingBytes, brokenBytes }, 'recording is damaged')
}

/** Directories of audio and photos whose row never came to be, or is gone. */
async function sweepOrphans({ db, files, paths, log }: StoreContext): Promise<void> {
  const [sessions, frames] = await Promise.all([
    db.selectFrom('sessions').select('id').execute(),
    db.selectFrom('frames').select('id').execute(),
  ])
  const kinds = [
    { root: paths.audio, known: new Set(sessions.map(({ id }) => id)) },
    { root: paths.frames, known: new Set(frames.map(({ id }) => id)) },
  ]
  for (const { root, known } of kinds) {
    for (const group of await files.list(root)) {
      for (const id of await files.list(join(root, group))) {
        if (known.has(id)) continue
        await files.remove(join(root, group, id))
        log.warn({ kind: basename(root), id }, 'files without a row removed')
      }
    }
  }
}
