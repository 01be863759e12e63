import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { seededRandom } from '../helpers/signals.ts'
import { streamBytes } from '../helpers/stream-bytes.ts'
import { damageOf, IDS, ROTS, record, STREAM_BYTES } from './rot.ts'

/**
 * Every kind of stored file, damaged in every way that disks damage: a bit flipped, bytes set to zero, the end gone, a piece
 * written twice. `VIGIA_ROT` says how many places of each file are tried.
 */

const PLACES = Number(process.env.VIGIA_ROT ?? 12)
vi.setConfig({ testTimeout: 30_000 + PLACES * 2000 })
let work: string
let whole: string
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'vigia-rot-'))
  whole = join(work, 'whole')
  const store = await openSqliteStore({ dataDir: whole, segmentBytes: 10_000, flushMs: 1 })
  await store.recover()
  for (const [no, id] of IDS.entries()) await fill(store, no, id)
  await store[Symbol.asyncDispose]()
})
afterAll(async () => await rm(work, { recursive: true, force: true }))

async function fill(store: Store, no: number, id: string): Promise<void> {
  await record(store, no, id)
  const at = '2026-01-01T00:00:00.000Z'
  const frame = { sessionId: id, owner: null, capturedAt: at, receivedAt: at, atMs: 0, mime: 'image/jpeg', bytes: 3000 }
  const photo = { ...frame, id: `photo-${id}`, dhash: null, observation: null }
  await store.frames.put(photo, streamBytes(10 + no, 0, 3000), { thumb: streamBytes(20 + no, 0, 500) })
}

/** A server's store over a copy in which one file is damaged; `use` gets what its start logged as errors. */
async function withDamaged(
  file: string,
  damage: (bytes: Buffer) => Buffer,
  use: (store: Store, errors: Record<string, unknown>[]) => Promise<void>,
): Promise<void> {
  const dataDir = join(work, 'copy')
  await rm(dataDir, { recursive: true, force: true })
  await cp(whole, dataDir, { recursive: true })
  await writeFile(join(dataDir, file), damage(await readFile(join(whole, file))))
  const errors: Record<string, unknown>[] = []
  const log = { info() {}, warn() {}, error: (fields: Record<string, unknown>) => void errors.push(fields) }
  const store = await openSqliteStore({ dataDir, log })
  try {
    await store.recover()
    await use(store, errors)
  } finally {
    await store[Symbol.asyncDispose]()
  }
}

const filesOf = async (folder: string, name: RegExp): Promise<string[]> =>
  (await readdir(join(whole, folder), { recursive: true })).filter((one) => name.test(one)).map((one) => join(folder, one))

it.each(Object.entries(ROTS))('never gives out damaged audio, and tells where it is missing: %s', async (_, rot) => {
  const random = seededRandom(7)
  const [file] = (await filesOf('audio', /\.seg$/)).filter((one) => one.includes('s1/')).sort()
  const { length } = await readFile(join(whole, file!))
  for (let n = 0; n < PLACES; n++) {
    const place = Math.floor(random() * length)
    await withDamaged(
      file!,
      (bytes) => rot(bytes, place),
      async (store) => {
        const damaged = await damageOf(store, 1, 's1')
        if (rot === ROTS['a bit is flipped']) expect(damaged).toBeLessThanOrEqual(1000)
        if (rot === ROTS['the end is gone']) expect(damaged).toBeGreaterThan(0)
        for (const no of [0, 2]) expect(await damageOf(store, no, IDS[no]!)).toBe(0)
      },
    )
  }
})

it('says at its start that the end of a recording is damaged, and records on behind it', async () => {
  const file = (await filesOf('audio', /\.seg$/))
    .filter((one) => one.includes('s1/'))
    .sort()
    .at(-1)!
  await withDamaged(
    file,
    (bytes) => ROTS['a bit is flipped']!(bytes, bytes.length - 5),
    async (store, errors) => {
      expect(errors).toMatchObject([{ sessionId: 's1', brokenBytes: expect.any(Number) }])
      const log = await store.audio.open('s1')
      log.append(streamBytes(1, STREAM_BYTES, 500))
      await log.close()
      const last = (await Array.fromAsync(store.audio.read('s1'))).at(-1)!
      expect(last).toMatchObject({ kind: 'audio', offset: STREAM_BYTES })
    },
  )
})

it('never gives out a damaged photo, and the others as they are', async () => {
  const random = seededRandom(8)
  await withDamaged(
    'vigia.db',
    (bytes) => bytes,
    async (store) => {
      for (const variant of ['image', 'thumb']) {
        const [file] = await filesOf('frames', new RegExp(`photo-s1/${variant}$`))
        const bytes = await readFile(join(whole, file!))
        const give = (id: string) => store.frames.image(id, variant === 'image' ? undefined : variant)
        for (const rot of Object.values(ROTS)) {
          for (let n = 0; n < PLACES; n++) {
            await writeFile(join(work, 'copy', file!), rot(Buffer.from(bytes), 1 + Math.floor(random() * (bytes.length - 1))))
            await expect(give('photo-s1')).rejects.toMatchObject({ code: 'storage_corrupt' })
          }
        }
        await rm(join(work, 'copy', file!))
        await expect(give('photo-s1')).rejects.toMatchObject({ code: 'storage_corrupt' })
        expect(await give('photo-s0')).not.toBeNull()
      }
    },
  )
})

it.each(Object.entries(ROTS))(
  'opens a damaged database or says that it is damaged, and gives out no wrong audio: %s',
  async (_, rot) => {
    const random = seededRandom(9)
    const { length } = await readFile(join(whole, 'vigia.db'))
    let told = 0
    for (let n = 0; n < PLACES; n++) {
      const place = Math.floor(random() * length)
      try {
        await withDamaged(
          'vigia.db',
          (bytes) => rot(bytes, place),
          async (store) => {
            for (const [no, id] of IDS.entries()) await soundOf(store, no, id)
          },
        )
      } catch (error) {
        if (!VigiaError.is(error)) throw error
        expect(['storage_corrupt', 'storage_failed', 'session_not_found']).toContain(error.code)
        told += 1
      }
    }
    if (rot === ROTS['the end is gone']) expect(told).toBeGreaterThan(0)
  },
)

/** Whatever the rows say by now: sound that comes has its checksum, and is the sound of its place. */
async function soundOf(store: Store, no: number, id: string): Promise<void> {
  for await (const record of store.audio.read(id)) {
    if (record.kind !== 'audio') continue
    expect(streamBytes(no, record.offset, record.bytes.length).equals(record.bytes)).toBe(true)
  }
}

it('says of what is no database that it is damaged', async () => {
  const dataDir = await mkdtemp(join(work, 'none-'))
  await copyFile(import.meta.filename, join(dataDir, 'vigia.db'))
  await expect(openSqliteStore({ dataDir })).rejects.toMatchObject({ code: 'storage_corrupt' })
})
