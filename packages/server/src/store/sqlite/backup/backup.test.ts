import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesOf } from '../../contract/store-contract.ts'
import type { NewSession, Store } from '../../store.ts'
import { openSqliteStore } from '../sqlite-store.ts'
import { TEST_KEY } from '../testing/harness.ts'
import { backup } from './backup.ts'
import { restore, verifyBackup } from './restore.ts'

const SESSION: Omit<NewSession, 'id'> = {
  owner: null,
  format: { encoding: 'pcm16', sampleRate: 16_000, channels: 1 },
  language: 'es',
  mode: 'transcribe',
  config: {},
  tokenHash: 'x',
  tier: 'full',
}
const NOTE = { version: '0.1.0', createdAt: '2026-03-10T10:00:00Z' }

describe('backup and restore', () => {
  let folder: string
  let dataDir: string
  let to: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vigia-backup-'))
    dataDir = join(folder, 'data')
    to = join(folder, 'copy')
  })
  afterEach(async () => await rm(folder, { recursive: true, force: true }))

  const audioOf = async (store: Store, id: string): Promise<Buffer> => {
    const pieces: Uint8Array[] = []
    for await (const record of store.audio.read(id)) if (record.kind === 'audio') pieces.push(record.bytes)
    return Buffer.concat(pieces)
  }

  it.each([
    ['', null],
    [' of an encrypted directory', TEST_KEY],
  ])('copies what is durable%s while sessions are being recorded, and gives all of it back', async (_, key) => {
    const recorded = bytesOf(50_000, 1)
    {
      await using store = await openSqliteStore({ dataDir, flushMs: 1, key })
      await store.sessions.create({ ...SESSION, id: 'open' })
      const log = await store.audio.open('open')
      log.append(recorded)
      await log.flush()
      await store.segments.upsert('open', [{ id: 'u1', start: 0, end: 1, text: 'la orquídea', rev: 0, pass: 'live' }])
      const photo = { id: 'f1', sessionId: 'open', owner: null, capturedAt: NOTE.createdAt, receivedAt: NOTE.createdAt, atMs: 0 }
      await store.frames.put({ ...photo, mime: 'image/jpeg', bytes: 3, dhash: null, observation: null }, Buffer.from('abc'))
      const writing = keepWriting(log)
      const manifest = await backup({ dataDir, to, ...NOTE, key })
      await writing.stop()
      expect(manifest.sessions).toBe(1)
    }
    await restore({ from: to, dataDir: join(folder, 'back'), key })
    await using store = await openSqliteStore({ dataDir: join(folder, 'back'), key })
    const [open] = await store.recover()
    expect(open?.id).toBe('open')
    const audio = await audioOf(store, 'open')
    expect(audio.length).toBe(open?.receivedBytes)
    expect(audio.subarray(0, recorded.length).equals(Buffer.from(recorded))).toBe(true)
    expect((await store.search('orquidea', { limit: 5 })).map(({ sessionId }) => sessionId)).toEqual(['open'])
    expect((await store.frames.image('f1'))?.bytes.toString()).toBe('abc')
  })

  it('of an encrypted directory is made and put back with its key only, and holds nothing that can be read', async () => {
    {
      await using store = await openSqliteStore({ dataDir, key: TEST_KEY })
      await store.sessions.create({ ...SESSION, id: 's' })
      await store.segments.upsert('s', [{ id: 'u1', start: 0, end: 1, text: 'zorzalindaco', rev: 0, pass: 'live' }])
    }
    const mismatch = { code: 'encryption_key_mismatch' }
    for (const key of [undefined, Buffer.alloc(32)])
      await expect(backup({ dataDir, to, ...NOTE, key })).rejects.toMatchObject(mismatch)
    const { files } = await backup({ dataDir, to, ...NOTE, key: TEST_KEY })
    for (const { path } of files) expect((await readFile(join(to, path))).includes('zorzalindaco'), path).toBe(false)
    for (const key of [undefined, Buffer.alloc(32)])
      await expect(restore({ from: to, dataDir: join(folder, 'back'), key })).rejects.toMatchObject(mismatch)
    expect((await verifyBackup(to)).sessions).toBe(1)
    expect((await readdir(folder)).toSorted()).toEqual(['copy', 'data'])
  })

  it.each(['journal', 'audio'])(
    'has all that is durable also where the journal is replaced while %s is copied',
    async (folderName) => {
      const recorded = [1, 2, 3].map((seed) => bytesOf(20_000, seed))
      {
        await using store = await openSqliteStore({ dataDir, flushMs: 1, journalFrom: 1 })
        await store.sessions.create({ ...SESSION, id: 'erased' })
        const logs = await Promise.all(
          recorded.map(async (_, i) => {
            await store.sessions.create({ ...SESSION, id: `s${i}` })
            return await store.audio.open(`s${i}`)
          }),
        )
        for (const [i, log] of logs.entries()) log.append(recorded[i]!.subarray(0, 15_000))
        await Promise.all(logs.map((log) => log.flush()))
        await Array.fromAsync(store.audio.read('s0')) // is in its file, the others are not
        for (const [i, log] of logs.entries()) log.append(recorded[i]!.subarray(15_000))
        await Promise.all(logs.map((log) => log.flush()))
        let isReplaced = false
        const onFile = async (path: string): Promise<void> => {
          if (isReplaced || !path.startsWith(folderName)) return
          isReplaced = true
          await store.sessions.erase('erased') // replaces the journal
        }
        await backup({ dataDir, to, ...NOTE, onFile })
        expect(isReplaced).toBe(true)
      }
      await restore({ from: to, dataDir: join(folder, 'back') })
      await using store = await openSqliteStore({ dataDir: join(folder, 'back') })
      await store.recover()
      for (const [i, bytes] of recorded.entries()) expect((await audioOf(store, `s${i}`)).equals(bytes)).toBe(true)
    },
  )

  it('keeps what it copies from other users of the machine', async () => {
    await (await openSqliteStore({ dataDir }))[Symbol.asyncDispose]()
    await backup({ dataDir, to, ...NOTE })
    expect((await stat(to)).mode & 0o077).toBe(0)
    expect((await stat(join(to, 'manifest.json'))).mode & 0o077).toBe(0)
  })

  it('writes nothing over what is there, and leaves no half of a backup', async () => {
    await (await openSqliteStore({ dataDir }))[Symbol.asyncDispose]()
    await expect(backup({ dataDir, to: dataDir, ...NOTE })).rejects.toMatchObject({ code: 'conflict' })
    await expect(backup({ dataDir: join(folder, 'none'), to, ...NOTE })).rejects.toMatchObject({ code: 'not_found' })
    await backup({ dataDir, to, ...NOTE })
    await expect(restore({ from: to, dataDir })).rejects.toMatchObject({ code: 'conflict' })
    await writeFile(join(dataDir, 'vigia.db'), 'no database')
    await expect(backup({ dataDir, to: join(folder, 'other'), ...NOTE })).rejects.toThrow()
    expect((await readdir(folder)).toSorted()).toEqual(['copy', 'data'])
  })

  it('refuses a backup of which a byte was changed, a file is missing, or the manifest points elsewhere', async () => {
    {
      await using store = await openSqliteStore({ dataDir, flushMs: 1 })
      await store.sessions.create({ ...SESSION, id: 's' })
      const log = await store.audio.open('s')
      log.append(bytesOf(5000, 1))
      await log.close()
    }
    const { files } = await backup({ dataDir, to, ...NOTE })
    const recording = files.find(({ path }) => path.endsWith('.seg'))!
    const damaged = join(folder, 'damaged')
    await cp(to, damaged, { recursive: true })
    const bytes = await readFile(join(damaged, recording.path))
    bytes[1000]! ^= 1
    await writeFile(join(damaged, recording.path), bytes)
    await expect(restore({ from: damaged, dataDir: join(folder, 'back') })).rejects.toMatchObject({ code: 'storage_corrupt' })
    await rm(join(damaged, recording.path))
    await expect(verifyBackup(damaged)).rejects.toMatchObject({ code: 'storage_corrupt' })
    await writeFile(
      join(damaged, 'manifest.json'),
      JSON.stringify({ ...NOTE, format: 'vigia-backup-1', sessions: 0, files: [{ ...recording, path: '../x' }] }),
    )
    await expect(verifyBackup(damaged)).rejects.toMatchObject({ code: 'storage_corrupt' })
    await rm(join(damaged, 'manifest.json'))
    await expect(verifyBackup(damaged)).rejects.toMatchObject({ code: 'not_found' })
    expect(await readdir(folder)).not.toContain('back')
  })
})

function keepWriting(log: { append(bytes: Uint8Array): void; flush(): Promise<void> }) {
  let going = true
  const done = (async () => {
    while (going) {
      log.append(bytesOf(3200, 1))
      await log.flush()
    }
  })()
  return {
    async stop() {
      going = false
      await done
    },
  }
}
