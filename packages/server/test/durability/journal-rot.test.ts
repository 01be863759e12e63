import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { journalRecords, recordHead } from '../../src/store/sqlite/audio/journal-record.ts'
import { type FileOps, nodeFiles } from '../../src/store/sqlite/files.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { seededRandom } from '../helpers/signals.ts'
import { CHUNK_BYTES, damageOf, IDS, ROTS, record } from './rot.ts'

/**
 * The journal, damaged in every way that disks damage, after a kill (some of it is in the segment files too) and after a
 * power cut (it is where it was synced, and nowhere else). `VIGIA_ROT` says how many places are tried.
 */

const PLACES = Number(process.env.VIGIA_ROT ?? 3)
vi.setConfig({ testTimeout: 60_000 + PLACES * 5000 })

let work: string
/** A data directory as it is while the server runs. */
let running: string
/** What was synced of each segment file, by its path below the data directory. */
const synced = new Map<string, Buffer>()
/** Until the power cut. */
let isRunning = true
let journal: string

/** The real disk, which remembers what a power cut would leave of segment files. */
function remembering(root: string): FileOps {
  const keep = async (path: string): Promise<void> => {
    if (isRunning && path.endsWith('.seg')) synced.set(path.slice(root.length + 1), await readFile(path))
  }
  return {
    ...nodeFiles,
    async open(path, options) {
      const file = await nodeFiles.open(path, options)
      return {
        ...file,
        async sync() {
          await file.sync()
          await keep(path)
        },
      }
    },
  }
}

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'vigia-journal-rot-'))
  const live = join(work, 'live')
  running = join(work, 'running')
  const store = await openSqliteStore({
    dataDir: live,
    segmentBytes: 10_000,
    flushMs: 1,
    journalFrom: 1,
    files: remembering(live),
  })
  await store.recover()
  for (const [no, id] of IDS.entries()) await record(store, no, id)
  await cp(live, running, { recursive: true })
  isRunning = false
  await store[Symbol.asyncDispose]()
  const journals = (await readdir(running, { recursive: true })).filter((name) => name.endsWith('.journal'))
  expect(journals).toHaveLength(1)
  journal = journals[0]!
})
afterAll(async () => await rm(work, { recursive: true, force: true }))

/** All segment files of a data directory as the power cut leaves them. */
async function cutPower(dataDir: string): Promise<void> {
  for (const path of await readdir(dataDir, { recursive: true })) {
    if (!path.endsWith('.seg')) continue
    await writeFile(join(dataDir, path), synced.get(path) ?? '')
  }
}

/** The store of the next start. `use` gets what it logged as errors. */
async function restarted(
  after: 'kill' | 'power cut',
  damage: (bytes: Buffer) => Buffer,
  use: (store: Store, errors: { sessionId?: string }[]) => Promise<void>,
): Promise<void> {
  const dataDir = join(work, 'copy')
  await rm(dataDir, { recursive: true, force: true })
  await cp(running, dataDir, { recursive: true })
  if (after === 'power cut') await cutPower(dataDir)
  await writeFile(join(dataDir, journal), damage(await readFile(join(running, journal))))
  const errors: { sessionId?: string }[] = []
  const log = { info() {}, warn() {}, error: (fields: object) => void errors.push(fields) }
  const store = await openSqliteStore({ dataDir, log })
  try {
    await store.recover()
    await use(store, errors)
  } finally {
    await store[Symbol.asyncDispose]()
  }
}

const places = async (): Promise<number[]> => {
  const random = seededRandom(11)
  const { length } = await readFile(join(running, journal))
  return Array.from({ length: PLACES }, () => Math.floor(random() * length))
}

it('holds after a power cut what no segment file has', async () => {
  await restarted(
    'power cut',
    (bytes) => bytes,
    async (store, errors) => {
      for (const [no, id] of IDS.entries()) expect(await damageOf(store, no, id)).toBe(0)
      expect(errors).toEqual([])
    },
  )
  await restarted(
    'power cut',
    () => Buffer.alloc(0),
    async (store) => {
      let lost = 0
      for (const [no, id] of IDS.entries()) lost += await damageOf(store, no, id)
      expect(lost, 'without it sound is missing: the damage below is to what counts').toBeGreaterThan(0)
    },
  )
})

/** Bytes of audio in the records that begin before `place` and end behind it, or lie behind it. */
async function audioFrom(place: number): Promise<number> {
  let at = 0
  let bytes = 0
  for (const one of journalRecords(await readFile(join(running, journal)))) {
    const payload = one.buffers.reduce((sum, { length }) => sum + length, 0)
    at += recordHead(one).length + payload
    if (at > place) bytes += payload
  }
  return bytes
}

/** Whether the head of a record lies at `place`: what comes behind it cannot be found then. */
async function isHead(place: number): Promise<boolean> {
  let at = 0
  for (const one of journalRecords(await readFile(join(running, journal)))) {
    const head = recordHead(one).length
    if (place >= at && place < at + head) return true
    at += head + one.buffers.reduce((sum, { length }) => sum + length, 0)
  }
  return false
}

describe.each(['kill', 'power cut'] as const)('after a %s damage to the journal', (how) => {
  it.each(Object.entries(ROTS))(
    'costs that and nothing that lies before, and it is said whose sound is missing: %s',
    async (_, rot) => {
      for (const place of await places()) {
        await restarted(
          how,
          (bytes) => rot(bytes, place),
          async (store, errors) => {
            const damaged = new Map<string, number>()
            for (const [no, id] of IDS.entries()) damaged.set(id, await damageOf(store, no, id))
            const told = [...new Set(errors.flatMap(({ sessionId }) => sessionId ?? []))].sort()
            expect(told, `at ${place}`).toEqual(IDS.filter((id) => damaged.get(id)! > 0))
            const total = [...damaged.values()].reduce((sum, bytes) => sum + bytes, 0)
            expect(total).toBeLessThanOrEqual(await audioFrom(place))
            if (rot === ROTS['a bit is flipped'] && !(await isHead(place))) expect(total).toBeLessThanOrEqual(CHUNK_BYTES)
          },
        )
      }
    },
  )
})
