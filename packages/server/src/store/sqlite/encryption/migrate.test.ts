import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bytesOf, joined, newSession, records } from '../../contract/store-contract.ts'
import { openSqliteStore } from '../sqlite-store.ts'
import { TEST_KEY } from '../testing/harness.ts'
import { migrateDirectory } from './migrate.ts'

const OTHER_KEY = Buffer.alloc(32, 'other')
const WORD = 'zorzalindaco'
const SOUND = Buffer.concat([bytesOf(3000, 1), Buffer.from(WORD), bytesOf(3000, 2)])

let dir: string
let dataDir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'vigia-migrate-'))
  dataDir = join(dir, 'data')
})
afterEach(async () => await rm(dir, { recursive: true, force: true }))

/** A directory as a killed server leaves it: with a log of the database and a journal. */
async function killedDirectory(key: Uint8Array | null): Promise<void> {
  const live = join(dir, 'live')
  await using store = await openSqliteStore({ dataDir: live, key, flushMs: 1, journalFrom: 1 })
  await store.sessions.create(newSession({ id: 'a' }))
  const log = await store.audio.open('a')
  log.append(SOUND)
  await log.flush()
  await store.segments.upsert('a', [{ id: 'u1', start: 0, end: 1, text: WORD, rev: 0, pass: 'live' }])
  const at = '2026-01-01T00:00:00Z'
  const photo = { id: 'f', sessionId: 'a', owner: null, capturedAt: at, receivedAt: at, atMs: 0, mime: 'image/jpeg' }
  await store.frames.put({ ...photo, bytes: 1, dhash: null, observation: null }, Buffer.from(WORD))
  await cp(live, dataDir, { recursive: true })
  await mkdir(join(dataDir, 'models'))
  await writeFile(join(dataDir, 'models', 'weights'), 'w')
  await writeFile(join(dataDir, 'keys.json'), '{}')
}

async function expectWhole(key: Uint8Array | null): Promise<void> {
  await using store = await openSqliteStore({ dataDir, key })
  await store.recover()
  expect(joined(await records(store, 'a')).equals(SOUND)).toBe(true)
  expect((await store.frames.image('f'))?.bytes.toString()).toBe(WORD)
  expect(await store.search(WORD, { limit: 5 })).toHaveLength(1)
  expect(await readFile(join(dataDir, 'models', 'weights'), 'utf8')).toBe('w')
  expect(await readFile(join(dataDir, 'keys.json'), 'utf8')).toBe('{}')
}

async function holdsWord(): Promise<boolean> {
  const entries = (await readdir(dataDir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile())
  const held = entries.map(async ({ parentPath, name }) => (await readFile(join(parentPath, name))).includes(WORD))
  return (await Promise.all(held)).some(Boolean)
}

it('encrypts what a killed server left, changes its key, and decrypts it again: nothing is lost on the way', async () => {
  await killedDirectory(null)
  const steps = [
    [null, TEST_KEY],
    [TEST_KEY, OTHER_KEY],
    [OTHER_KEY, null],
  ] as const
  for (const [from, to] of steps) {
    expect(await holdsWord()).toBe(from === null)
    const { old } = await migrateDirectory({ dataDir, from, to })
    expect(await holdsWord()).toBe(to === null)
    await expectWhole(to)
    await rm(old, { recursive: true })
  }
})

it('goes on where it was interrupted between the two names', async () => {
  await killedDirectory(null)
  await migrateDirectory({ dataDir, from: null, to: TEST_KEY })
  await rename(join(dataDir, 'models'), join(`${dataDir}.old`, 'models'))
  await rename(dataDir, `${dataDir}.new`)
  await expect(migrateDirectory({ dataDir, from: null, to: TEST_KEY })).rejects.toMatchObject({ code: 'conflict' })
  await expectWhole(TEST_KEY)
})

it('begins anew where it was interrupted before that', async () => {
  await killedDirectory(null)
  await cp(join(dataDir, 'vigia.db'), join(`${dataDir}.new`, 'vigia.db'))
  await migrateDirectory({ dataDir, from: null, to: TEST_KEY })
  await expectWhole(TEST_KEY)
})

it('leaves a directory alone that a server uses, and one whose key is another', async () => {
  const store = await openSqliteStore({ dataDir, key: TEST_KEY })
  await expect(migrateDirectory({ dataDir, from: TEST_KEY, to: null })).rejects.toMatchObject({ code: 'conflict' })
  await store[Symbol.asyncDispose]()
  for (const from of [OTHER_KEY, null])
    await expect(migrateDirectory({ dataDir, from, to: null })).rejects.toMatchObject({ code: 'encryption_key_mismatch' })
  await expect(migrateDirectory({ dataDir: join(dir, 'none'), from: null, to: TEST_KEY })).rejects.toMatchObject({
    code: 'not_found',
  })
  expect((await readdir(dir)).toSorted()).toEqual(['data'])
})
