import { appendFile, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesOf, joined, newSession, records } from '../contract/store-contract.ts'
import { BLOCK_HEADER_BYTES } from './audio/block.ts'
import { writeSynced } from './files.ts'
import { storePaths } from './paths.ts'
import { openHarness, type SqliteHarness, TEST_KEY } from './testing/harness.ts'

const SENT = bytesOf(200, 1)
const NEXT = bytesOf(20, 2)

describe.each([
  ['recordings', null],
  ['encrypted recordings', TEST_KEY],
])('recovery of %s', { timeout: 30_000 }, (_, key) => {
  let harness: SqliteHarness
  const faults: Record<string, unknown>[] = []
  beforeEach(async () => {
    faults.length = 0
    const log = { info() {}, warn() {}, error: (fields: Record<string, unknown>) => void faults.push(fields) }
    harness = await openHarness({ log, key })
  })
  afterEach(async () => await harness.close())

  const record = async (id: string, ...pieces: Buffer[]): Promise<string> => {
    await harness.store.sessions.create(newSession({ id }))
    const log = await harness.store.audio.open(id)
    for (const piece of pieces) {
      log.append(piece)
      await log.flush()
    }
    await log.close()
    return storePaths(harness.dataDir).audioSegment(id, 1)
  }
  /** A stored file as the store has it. */
  const content = async (path: string): Promise<Buffer> => {
    const { files } = harness.store
    return await files.read(path, 0, (await files.size(path)) ?? 0)
  }
  const replace = async (path: string, bytes: Uint8Array): Promise<void> => await writeSynced(harness.store.files, path, bytes)
  const stored = async (id: string): Promise<Buffer> => joined(await records(harness.store, id))
  const goesOn = async (id: string, bytes: Buffer): Promise<void> => {
    const log = await harness.store.audio.open(id)
    log.append(bytes)
    await log.close()
  }

  it('cuts a block that was torn at any byte and never acknowledged, and goes on', async () => {
    const path = await record('a', SENT)
    const whole = await content(path)
    const [torn] = await Promise.all([record('other', SENT, NEXT)])
    const block = (await content(torn)).subarray(whole.length)
    expect(block.length).toBe(BLOCK_HEADER_BYTES + NEXT.length)
    for (let bytes = 0; bytes <= block.length; bytes++) {
      await replace(path, Buffer.concat([whole, block.subarray(0, bytes)]))
      await harness.store.recover()
      expect(await harness.store.files.size(path)).toBe(whole.length)
      expect(await stored('a')).toEqual(SENT)
    }
    await replace(path, Buffer.concat([whole, block.subarray(0, 30)]))
    await harness.reopen()
    await goesOn('a', NEXT)
    expect(await stored('a')).toEqual(Buffer.concat([SENT, NEXT]))
    expect(faults).toEqual([])
  })

  it('keeps a session whose file lost its end at any byte, says what is missing, and goes on behind it', async () => {
    for (let lost = 1; lost <= BLOCK_HEADER_BYTES + NEXT.length; lost++) {
      const id = `lost-${lost}`
      const path = await record(id, SENT, NEXT)
      await truncate(path, (await stat(path)).size - lost)
    }
    await harness.store.recover()
    expect(faults).toHaveLength(BLOCK_HEADER_BYTES + NEXT.length)
    expect(faults[0]).toMatchObject({ sessionId: 'lost-1', missingBytes: 1 })
    for (const { sessionId } of faults) {
      const id = String(sessionId)
      await goesOn(id, bytesOf(30, 3))
      const all = await records(harness.store, id)
      expect(all.map((one) => (one.kind === 'damage' ? [one.offset, one.length] : one.kind))).toEqual([
        'audio',
        [200, 20],
        'audio',
      ])
      expect(all.at(-1)).toMatchObject({ offset: 220 })
      expect((await harness.store.sessions.get(id))?.receivedBytes).toBe(250)
    }
  })

  it('reports a recording whose file is gone', async () => {
    await truncate(await record('a', SENT), 0)
    await harness.store.recover()
    expect(await records(harness.store, 'a')).toEqual([{ kind: 'damage', offset: 0, length: SENT.length }])
    expect(faults).toHaveLength(1)
  })

  it('notices a flipped bit at the end of a recording', async () => {
    const path = await record('a', SENT, NEXT)
    const bytes = await readFile(path)
    bytes[bytes.length - 3]! ^= 1
    await writeFile(path, bytes)
    await harness.store.recover()
    expect(faults).toMatchObject([{ sessionId: 'a', brokenBytes: BLOCK_HEADER_BYTES + NEXT.length, missingBytes: 0 }])
  })

  it('finds no fault in a long recording that it reads from the middle', async () => {
    await record('a', ...Array.from({ length: 30 }, (_, index) => bytesOf(20_000, index)))
    await harness.store.recover()
    expect(faults).toEqual([])
  })

  it('removes files that no row speaks of', async () => {
    const path = await record('a', SENT)
    const paths = storePaths(harness.dataDir)
    await writeFile(paths.audioSegment('a', 2), bytesOf(50, 4))
    await appendFile(join(paths.audioDir('a'), 'mono-16khz.pcm'), 'derived')
    await harness.store.frames.put(
      {
        id: 'f',
        sessionId: null,
        owner: null,
        capturedAt: '',
        receivedAt: '',
        atMs: null,
        mime: 'image/png',
        bytes: 1,
        dhash: null,
        observation: null,
      },
      Buffer.from('x'),
    )
    const orphan = paths.frameDir('orphan')
    await harness.store.frames.put({ ...(await harness.store.frames.get('f'))!, id: 'orphan' }, Buffer.from('x'))
    const db = harness.openSql()
    db.exec("DELETE FROM frames WHERE id = 'orphan'")
    db.close()
    await harness.reopen()
    await harness.store.recover()
    await expect(stat(paths.audioSegment('a', 2))).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(stat(orphan)).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await stat(harness.store.audio.pcmPath('a'))).size).toBe(7)
    expect((await stat(path)).size).toBeGreaterThan(SENT.length)
    expect((await harness.store.frames.image('f'))?.bytes.toString()).toBe('x')
  })

  it('finishes an erasure that a crash interrupted', async () => {
    const path = await record('a', SENT)
    const db = harness.openSql()
    db.exec(
      "PRAGMA foreign_keys = ON; INSERT INTO erasures (kind, id) VALUES ('session', 'a'); DELETE FROM sessions WHERE id = 'a'",
    )
    db.close()
    await harness.reopen()
    expect(await harness.store.recover()).toEqual([])
    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('cuts nothing while a recording is open', async () => {
    await harness.store.sessions.create(newSession({ id: 'a' }))
    const log = await harness.store.audio.open('a')
    await expect(harness.store.recover()).rejects.toMatchObject({ code: 'conflict' })
    await log.close()
    expect(await harness.store.recover()).toMatchObject([{ id: 'a', state: 'detached' }])
  })

  it('does not open a data directory twice', async () => {
    const { openSqliteStore } = await import('./sqlite-store.ts')
    await expect(openSqliteStore({ dataDir: harness.dataDir, key })).rejects.toMatchObject({ code: 'conflict' })
    await harness.store.probe()
  })
})
