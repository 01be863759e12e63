import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report } from '@vigia/protocol'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { newSession } from '../contract/store-contract.ts'
import type { Store } from '../store.ts'
import { openHarness, type SqliteHarness } from './testing/harness.ts'

/** A word that occurs nowhere else; with an accent, so that the search index holds another form of it. */
const CANARY = 'canárioxyzzy'
const FORMS = [CANARY, 'canarioxyzzy', 'CANÁRIOXYZZY'].map((form) => Buffer.from(form))

let harness: SqliteHarness
beforeEach(async () => {
  harness = await openHarness({ journalFrom: 1 }) // sound is in the journal too
})
afterEach(async () => await harness.close())

it('leaves no byte of an erased session in any file of the data directory', async () => {
  const { store } = harness
  await fill(store, 'kept', 'palabra')
  await fill(store, 'gone', CANARY)
  const places = (await filesWithCanary()).map((file) => file.split('/')[0])
  expect(places).toEqual(expect.arrayContaining(['audio', 'frames', 'journal']))
  expect((await filesWithCanary()).join()).toMatch(/vigia\.db/)
  await store.sessions.erase('gone')
  expect(await filesWithCanary()).toEqual([])
  expect(await filesWith([Buffer.from('gone')])).toEqual([])
  await harness.reopen()
  expect(await filesWithCanary()).toEqual([])
  expect(await harness.store.search('palabra', { limit: 200 })).toHaveLength(100)
})

it('leaves no byte of an erased photo', async () => {
  const { store } = harness
  await fill(store, 'kept', 'palabra')
  await putFrame(store, 'kept', 'f-canary', CANARY)
  expect(await filesWithCanary()).not.toEqual([])
  await store.frames.erase('f-canary')
  expect(await filesWithCanary()).toEqual([])
})

it('leaves no byte of text that was corrected or deleted, once something is erased', async () => {
  const { store } = harness
  for (const id of ['a', 'empty']) await store.sessions.create(newSession({ id }))
  for (const [word, rev] of [
    [CANARY, 0],
    ['palabra', 1],
  ] as const) {
    await store.sessions.update('a', { title: word.repeat(500), speakerNames: { S1: word } })
    await store.segments.upsert('a', segments(word, rev))
    await store.segments.replaceFinal('a', segments(word, rev))
    await store.documents.put('a', 'doc', word.repeat(2000))
    await store.reports.put('a', { action_items: [], summary: word.repeat(3000) } as unknown as Report)
  }
  expect(await filesWithCanary()).not.toEqual([])
  await store.sessions.erase('empty')
  expect(await filesWithCanary()).toEqual([])
})

it('leaves no byte of sound that was replaced, not even where a file was given up before', async () => {
  const { store } = harness
  await fill(store, 'a', CANARY)
  const dir = join(store.audio.pcmPath('a'), '..')
  await writeFile(join(dir, '000009.seg'), CANARY) // as a failed write leaves it
  await rm(store.audio.pcmPath('a'))
  const before = await filesWithCanary()
  expect(before.map((file) => file.split('/')[0])).toEqual(expect.arrayContaining(['audio', 'journal']))
  const pcm = (async function* () {
    yield Buffer.from('silencio')
  })()
  await store.sessions.redact('a', { spans: [], frames: [], sound: { pcm, gaps: [] } })
  const left = (await filesWithCanary()).filter((file) => /^(audio|journal)\//.test(file))
  expect(left).toEqual([])
  await harness.reopen()
  await harness.store.recover()
  expect((await filesWithCanary()).filter((file) => /^(audio|journal)\//.test(file))).toEqual([])
  const sound: Uint8Array[] = []
  for await (const record of harness.store.audio.read('a')) if (record.kind === 'audio') sound.push(record.bytes)
  expect(Buffer.concat(sound).toString()).toBe('silencio')
})

async function fill(store: Store, id: string, word: string): Promise<void> {
  await store.sessions.create(newSession({ id, config: { hotwords: [word] } }))
  await store.sessions.update(id, { title: word, speakerNames: { S1: word } })
  const log = await store.audio.open(id)
  for (let n = 0; n < 50; n++) log.append(Buffer.from(word.repeat(100)))
  log.gap({ ms: 5, reason: word })
  await log.close()
  await store.segments.upsert(id, segments(word, 0))
  await store.segments.replaceFinal(id, segments(word, 0))
  await store.events.append(id, [{ atMs: 0, type: 'x', data: { text: word.repeat(3000) } }])
  await store.documents.put(id, 'doc', word.repeat(2000))
  await store.reports.put(id, { action_items: [], summary: word.repeat(2000) } as unknown as Report)
  const job = await store.jobs.add('x', id, { word })
  await store.jobs.fail(job, word, null)
  await putFrame(store, id, `f-${id}`, word)
  await writeFile(store.audio.pcmPath(id), word)
}

async function putFrame(store: Store, sessionId: string, id: string, word: string): Promise<void> {
  const observation = { description: word } as never
  const row = { owner: null, capturedAt: '', receivedAt: '', atMs: 1, mime: 'image/jpeg', bytes: 1, dhash: null, observation }
  await store.frames.put({ ...row, id, sessionId }, Buffer.from(word), { thumb: Buffer.from(word) })
}

function segments(word: string, rev: number) {
  return Array.from({ length: 100 }, (_, n) => ({
    id: `s${n}`,
    pass: 'live' as const,
    start: n,
    end: n + 1,
    rev,
    text: `${word} ${n} ${word}`,
    words: [{ text: word, start: n, end: n + 1 }],
  }))
}

async function filesWithCanary(): Promise<string[]> {
  return await filesWith(FORMS)
}

async function filesWith(needles: readonly Buffer[]): Promise<string[]> {
  const found: string[] = []
  for (const name of await readdir(harness.dataDir, { recursive: true })) {
    const path = join(harness.dataDir, name)
    if (needles.some((needle) => name.includes(needle.toString()))) found.push(name)
    if (!(await stat(path)).isFile()) continue
    const bytes = await readFile(path)
    if (needles.some((needle) => bytes.includes(needle))) found.push(name)
  }
  return found
}
