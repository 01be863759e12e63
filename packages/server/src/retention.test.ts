import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ConfigSchema } from './config/schema.ts'
import { sweep } from './retention.ts'
import { createFakeClock } from './std/fake-clock.ts'
import { newSession } from './store/contract/store-contract.ts'
import { openHarness, type SqliteHarness } from './store/sqlite/testing/harness.ts'
import type { AuditEntry } from './store/store.ts'

let harness: SqliteHarness
const clock = createFakeClock(Date.UTC(2026, 5, 1))
const rows: AuditEntry[] = []
beforeEach(async () => {
  harness = await openHarness()
  rows.length = 0
})
afterEach(() => harness.close())

const daysAgo = (days: number): string => new Date(clock.wallMs() - days * 86_400_000).toISOString()

async function session(id: string, endedDaysAgo: number, state: 'final' | 'live' = 'final'): Promise<void> {
  const { store } = harness
  await store.sessions.create(newSession({ id }))
  const log = await store.audio.open(id)
  log.append(Buffer.alloc(1000, 7))
  await log.close()
  const row = {
    sessionId: id,
    owner: null,
    receivedAt: '',
    atMs: 1,
    mime: 'image/jpeg',
    bytes: 1,
    dhash: null,
    observation: null,
  }
  await store.frames.put({ ...row, id: `f-${id}`, capturedAt: daysAgo(endedDaysAgo) }, Buffer.from('x'))
  await store.segments.upsert(id, [{ id: 'u1', start: 0, end: 1, text: 'hola', rev: 0, pass: 'live' }])
  await store.sessions.update(id, { state, endedAt: daysAgo(endedDaysAgo) })
}

const run = (keep: object) => {
  const { store } = harness
  const sessions = { erase: (id: string) => store.sessions.erase(id) }
  const privacy = ConfigSchema.parse({ privacy: keep }).privacy
  return sweep({ store, sessions, clock, log: pino({ level: 'silent' }), keep: privacy, audit: (row) => rows.push(row) })
}
const audioFiles = async (): Promise<string[]> =>
  (await readdir(join(harness.dataDir, 'audio'), { recursive: true })).filter((name) => name.endsWith('.seg'))

it('keeps everything unless told otherwise', async () => {
  await session('old', 1000)
  expect(await run({})).toEqual({ sessions: 0, recordings: 0, photos: 0 })
})

it('erases recordings, photos and sessions each at its own age, and says so in the audit log', async () => {
  for (const [id, days] of [
    ['new', 1],
    ['middle', 10],
    ['old', 100],
  ] as const)
    await session(id, days)
  const keep = { keepAudioDays: 5, keepPhotosDays: 5, keepTextDays: 50 }
  expect(await run(keep)).toEqual({ sessions: 1, recordings: 1, photos: 1 })
  expect(await harness.store.sessions.get('old')).toBeNull()
  expect((await harness.store.segments.list('middle')).map(({ text }) => text)).toEqual(['hola'])
  expect(await harness.store.frames.list('middle')).toEqual([])
  expect(await Array.fromAsync(harness.store.audio.read('middle'))).toEqual([])
  expect((await audioFiles()).map((name) => name.split('/')[1])).toEqual(['new'])
  expect(rows.map(({ action }) => action).sort()).toEqual(['recording_expired', 'session_expired'])
  expect(await run(keep)).toEqual({ sessions: 0, recordings: 0, photos: 0 })
})

it('never touches a session that is not finished', async () => {
  await session('live', 1000, 'live')
  expect(await run({ keepAudioDays: 1, keepPhotosDays: 1, keepTextDays: 1 })).toEqual({ sessions: 0, recordings: 0, photos: 0 })
})
