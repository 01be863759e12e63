import { cp, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { backup } from '../src/store/sqlite/backup/backup.ts'
import { restore } from '../src/store/sqlite/backup/restore.ts'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import { startTestServer } from './helpers/test-server.ts'

/** Data of the first schema, brought to the newest: by starting on it, and by restoring a backup of it. */

const OLD = path.join(import.meta.dirname, 'fixtures/data-schema-1')
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vigia-upgrade-'))
  await cp(OLD, path.join(folder, 'data'), { recursive: true })
})
afterEach(async () => await rm(folder, { recursive: true, force: true }))

it('serves what the first schema stored: session, report, search, audio', async () => {
  await using app = await startTestServer({ dataDir: path.join(folder, 'data') })
  const get = async (route: string) => await fetch(`${app.url}${route}`)
  expect(await (await get('/sessions/viejo')).json()).toMatchObject({ state: 'final', title: 'Reunión de antes' })
  const report = (await (await get('/sessions/viejo/report')).json()) as { transcript: { text: string }[] }
  expect(report.transcript[0]?.text).toContain('facturas')
  expect(await (await get('/search?q=facturas')).json()).toMatchObject({ hits: [{ session_id: 'viejo' }] })
  expect((await (await get('/sessions/viejo/audio')).arrayBuffer()).byteLength).toBe(44 + 3 * 32_000)
})

it('ends with the very schema that a new directory gets', async () => {
  const fresh = path.join(folder, 'fresh')
  for (const dataDir of [path.join(folder, 'data'), fresh]) await (await openSqliteStore({ dataDir }))[Symbol.asyncDispose]()
  expect(schemaOf(path.join(folder, 'data'))).toEqual(schemaOf(fresh))
})

it('can be backed up by this version before it is upgraded, and restored', async () => {
  const note = { version: '0.1.0', createdAt: '2026-11-20T18:00:00Z' }
  await backup({ dataDir: path.join(folder, 'data'), to: path.join(folder, 'copy'), ...note })
  await restore({ from: path.join(folder, 'copy'), dataDir: path.join(folder, 'back') })
  await using store = await openSqliteStore({ dataDir: path.join(folder, 'back') })
  expect((await store.sessions.get('viejo'))?.title).toBe('Reunión de antes')
  expect(await store.recover()).toEqual([])
  expect((await stat(store.audio.pcmPath('viejo'))).size).toBe(3 * 32_000)
})

function schemaOf(dataDir: string): unknown[] {
  const db = new DatabaseSync(path.join(dataDir, 'vigia.db'), { readOnly: true })
  try {
    return db.prepare("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'kysely%' ORDER BY type, name").all()
  } finally {
    db.close()
  }
}
