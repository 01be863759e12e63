import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { expect, it } from 'vitest'
import { claimDirectory } from '../../src/store/sqlite/encryption/marker.ts'
import { nodeFiles } from '../../src/store/sqlite/files.ts'
import { openSqliteStore, type SqliteStoreOptions } from '../../src/store/sqlite/sqlite-store.ts'
import type { Store } from '../../src/store/store.ts'
import { Promises, verify } from '../durability/promises.ts'
import { runWithFault } from '../durability/trace.ts'
import { openInlineSql } from '../helpers/inline-sql.ts'
import { streamBytes } from '../helpers/stream-bytes.ts'
import { testKey } from '../helpers/test-key.ts'
import { type FaultCode, FaultyFiles } from './faulty-files.ts'

/**
 * Every call of the file layer fails once, and from some call on all of them fail, over the whole life of a store. What it promised
 * meanwhile must be there when the disk works again.
 */

/** What was promised and kept so far, for the verifier. */
interface Ledger {
  acked: number
  ended: boolean
  erased: boolean | 'maybe'
  photos: { id: string; sha256: string }[]
  errors: string[]
}

const session = {
  owner: null,
  language: 'es',
  mode: 'transcribe',
  config: {},
  tokenHash: 'x',
  tier: 'full' as const,
  format: { encoding: 'pcm16', sampleRate: 16000, channels: 1 },
}

/** Without a thread for the database, which costs more than all the rest. */
async function openStore(options: SqliteStoreOptions): Promise<Store> {
  await mkdir(options.dataDir, { recursive: true })
  if (testKey) await claimDirectory(nodeFiles, options.dataDir, testKey) // before there is a database
  const client = openInlineSql(join(options.dataDir, 'vigia.db'), testKey)
  return await openSqliteStore({ ...options, client, key: testKey })
}

/** One life: whatever throws is noted and the next thing is done. */
async function live(dataDir: string, files: FaultyFiles, journalFrom: number): Promise<Ledger> {
  const ledger: Ledger = { acked: -1, ended: false, erased: false, photos: [], errors: [] }
  const attempt = async (what: string, work: () => Promise<void>): Promise<void> => {
    await work().catch((error: unknown) => {
      if (!VigiaError.is(error)) throw new Error(`${what} threw no error of ours`, { cause: error })
      ledger.errors.push(error.code)
    })
  }
  let opened: Store | null = null
  for (let tries = 0; opened === null && tries < 3; tries++) {
    await attempt('opening', async () => {
      opened = await openStore({ dataDir, files, flushMs: 1, segmentBytes: 3000, journalFrom })
    })
  }
  const store = opened as Store | null
  if (!store) return ledger
  await attempt('recovery', async () => void (await store.recover()))
  await attempt('a session', async () => void (await store.sessions.create({ ...session, id: 's0' })))
  await attempt('recording', () => record(store, ledger))
  await attempt('a photo', () => photo(store, ledger, 'p0'))
  await attempt('an erased photo', async () => {
    await store.frames.put({ ...frame, id: 'p1' }, streamBytes(8, 0, 900))
    await store.frames.erase('p1')
  })
  await attempt('an end', async () => {
    await store.sessions.end('s0', { truncated: false, endedAt: frame.receivedAt, job: 'finalize' })
    ledger.ended = true
  })
  await attempt('an erasure', async () => {
    await store.sessions.create({ ...session, id: 's1' })
    const log = await store.audio.open('s1')
    log.append(streamBytes(1, 0, 500))
    await log.flush().catch(() => {})
    ledger.erased = 'maybe'
    await store.sessions.erase('s1')
    ledger.erased = true
  })
  await attempt('a probe', () => store.probe())
  await store[Symbol.asyncDispose]()
  // a journal that could not be emptied at the end stays as it is for the next start
  const held = await files.closeAll()
  expect(held.filter((path) => !path.endsWith('.journal'))).toEqual([])
  return ledger
}

async function record(store: Store, ledger: Ledger): Promise<void> {
  const log = await store.audio.open('s0')
  log.onDurable = (bytes) => {
    ledger.acked = bytes
  }
  ledger.acked = 0
  try {
    for (let at = 0; at < 8000; at += 1600) {
      log.append(streamBytes(0, at, 1600))
      await log.flush()
    }
  } finally {
    await log.close()
  }
}

const frame = {
  sessionId: null,
  owner: null,
  capturedAt: '2026-01-01T00:00:00.000Z',
  receivedAt: '2026-01-01T00:00:00.000Z',
  atMs: null,
  mime: 'image/jpeg',
  bytes: 900,
  dhash: null,
  observation: null,
}

async function photo(store: Store, ledger: Ledger, id: string): Promise<void> {
  const image = streamBytes(9, 0, 900)
  await store.frames.put({ ...frame, id }, image, { thumb: image.subarray(0, 100) })
  ledger.photos.push({ id, sha256: createHash('sha256').update(image).digest('hex') })
}

/** The disk works again: the next start finds what was promised, and everything works. */
async function check(dataDir: string, ledger: Ledger): Promise<void> {
  await using store = await openStore({ dataDir })
  await store.recover()
  const { acked, ended, erased, photos } = ledger
  const sent = streamBytes(0, 0, 8000)
  const log = [
    ...(acked < 0 ? [] : [{ session: 's0', acked, ended, sent, photos }]),
    ...(erased === true ? [{ session: 's1', erased, photos: [] }] : []),
  ]
  expect(verify(dataDir, log).problems).toEqual([])
  for (const { id } of photos) expect(await store.frames.image(id, 'thumb')).not.toBeNull()
  await store.probe()
}

async function inFolder<T>(use: (dataDir: string) => Promise<T>): Promise<T> {
  const dir = await mkdtemp(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'vigia-faults-'))
  try {
    return await use(join(dir, 'data'))
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function callsOfOneLife(journalFrom: number): Promise<number> {
  return await inFolder(async (dataDir) => {
    const files = new FaultyFiles()
    const ledger = await live(dataDir, files, journalFrom)
    expect(ledger).toMatchObject({ acked: 8000, ended: true, erased: true, errors: [] })
    await check(dataDir, ledger)
    return files.calls
  })
}

/** Each file synced for itself, and by way of the journal. */
const WAYS = [100, 1]
const CODES = ['EIO', 'ENOSPC'] as const

it.each(CODES)('keeps every promise when one call fails with %s, whichever it is', { timeout: 300_000 }, async (code) => {
  const seen = new Set<string>()
  for (const journalFrom of WAYS) {
    const calls = await callsOfOneLife(journalFrom)
    expect(calls).toBeGreaterThan(60)
    for (let nth = 1; nth <= calls; nth++) {
      await inFolder(async (dataDir) => {
        const files = new FaultyFiles()
        files.failWith = (count) => (count === nth ? code : null)
        const ledger = await live(dataDir, files, journalFrom)
        for (const error of ledger.errors) seen.add(error)
        await check(dataDir, ledger)
      })
    }
  }
  // what follows from a session that could not be made is that it is not found
  expect([...seen].filter((error) => error !== EXPECTED[code] && error !== 'session_not_found')).toEqual([])
})

it.each(CODES)('keeps every promise when all calls fail with %s from one on', { timeout: 300_000 }, async (code) => {
  for (const journalFrom of WAYS) {
    const calls = await callsOfOneLife(journalFrom)
    for (let nth = 1; nth <= calls; nth++) {
      await inFolder(async (dataDir) => {
        const files = new FaultyFiles()
        files.failWith = (count) => (count >= nth ? code : null)
        const ledger = await live(dataDir, files, journalFrom)
        expect(ledger.errors.length).toBeGreaterThan(0)
        await check(dataDir, ledger)
      })
    }
  }
})

const EXPECTED: Record<FaultCode, string> = { EIO: 'storage_failed', ENOSPC: 'storage_full' }

/** Calls of the operating system under SQLite and the files, told to fail by strace. */
const SYSTEM_FAULTS = [
  'fdatasync:error=EIO:when=4',
  'fdatasync:error=EIO:when=20+7',
  'pwrite64:error=ENOSPC:when=30',
  'pwrite64:error=EIO:when=60+9',
  'pwritev:error=ENOSPC:when=2+3',
  'fsync:error=EIO:when=3',
  'renameat2,rename:error=EIO:when=1',
  'ftruncate:error=EIO:when=1',
]

it('keeps every promise when the operating system fails calls of SQLite and of the files', { timeout: 240_000 }, async (test) => {
  const writer = join(import.meta.dirname, '../durability/crash-writer.ts')
  for (const fault of SYSTEM_FAULTS) {
    await inFolder(async (dataDir) => {
      const lines = await runWithFault(['--no-warnings', writer, dataDir, '8'], fault)
      if (lines === null) return test.skip('strace is not here, or may not trace')
      const promises = new Promises()
      for (const line of lines) promises.note(line)
      {
        await using store = await openSqliteStore({ dataDir, key: testKey })
        await store.recover()
      }
      expect(verify(dataDir, promises.log).problems, fault).toEqual([])
    })
  }
})
