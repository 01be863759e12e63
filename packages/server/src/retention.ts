import type { Config } from './config/schema.ts'
import type { Logger } from './log.ts'
import type { SessionService } from './session/service.ts'
import type { Clock } from './std/clock.ts'
import type { AuditEntry, Store } from './store/store.ts'

/** Erases what is older than it may be: whole sessions, recordings, photos, audit rows. What is live is never touched. */

export interface RetentionDeps {
  store: Store
  sessions: Pick<SessionService, 'erase'>
  clock: Clock
  log: Logger
  keep: Config['privacy']
  audit: (entry: AuditEntry) => void
}

export interface Swept {
  sessions: number
  recordings: number
  photos: number
}

const DAY_MS = 86_400_000
const SWEEP_MS = 3_600_000
/** The first sweep leaves the start alone. */
const FIRST_MS = 60_000
const PAGE = 200

/** Sweeps now and then; the result stops it. */
export function startRetention(deps: RetentionDeps): () => void {
  let running = false
  const run = (): void => {
    if (running) return
    running = true
    sweep(deps)
      .then((swept) => deps.log.info({ ...swept }, 'retention swept'))
      .catch((err: unknown) => deps.log.error({ err }, 'retention failed; it is tried again'))
      .finally(() => {
        running = false
      })
  }
  const stopFirst = deps.clock.setTimeout(run, FIRST_MS)
  const stop = deps.clock.setInterval(run, SWEEP_MS)
  return () => {
    stopFirst()
    stop()
  }
}

/** One sweep over all finished sessions. */
export async function sweep({ store, sessions, clock, keep, audit }: RetentionDeps): Promise<Swept> {
  const swept: Swept = { sessions: 0, recordings: 0, photos: 0 }
  const olderThan = (days: number): string | null => (days === 0 ? null : new Date(clock.wallMs() - days * DAY_MS).toISOString())
  const limits = {
    text: olderThan(keep.keepTextDays),
    audio: olderThan(keep.keepAudioDays),
    photos: olderThan(keep.keepPhotosDays),
  }
  await store.audit.sweep(olderThan(keep.keepAuditDays)!)
  for (let before: string | undefined; ; ) {
    const page = await store.sessions.list({ state: 'final', limit: PAGE, ...(before === undefined ? {} : { before }) })
    for (const session of page) {
      const endedAt = session.endedAt ?? session.createdAt
      if (limits.text && endedAt < limits.text) {
        await sessions.erase(session.id)
        audit({ action: 'session_expired', sessionId: session.id, result: 'ok' })
        swept.sessions += 1
        continue
      }
      if (limits.audio && endedAt < limits.audio && (await store.audio.eraseRecording(session.id))) {
        audit({ action: 'recording_expired', sessionId: session.id, result: 'ok' })
        swept.recordings += 1
      }
      if (limits.photos) swept.photos += await sweepPhotos(store, session.id, limits.photos)
    }
    if (page.length < PAGE) return swept
    before = page.at(-1)!.createdAt
  }
}

async function sweepPhotos(store: Store, sessionId: string, olderThan: string): Promise<number> {
  const old = (await store.frames.list(sessionId)).filter(({ capturedAt }) => capturedAt < olderThan)
  for (const { id } of old) await store.frames.erase(id)
  return old.length
}
