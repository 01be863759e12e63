import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { openSqliteStore } from '../src/store/sqlite/sqlite-store.ts'
import type { AudioLog, Store } from '../src/store/store.ts'
import { streamBytes } from './helpers/stream-bytes.ts'

const run = promisify(execFile)
const MB = 1024 * 1024

/** A disk of 4 MB; null where this process may not mount one. */
async function smallDisk(): Promise<({ dir: string } & AsyncDisposable) | null> {
  const dir = await mkdtemp(join(tmpdir(), 'vigia-full-'))
  try {
    await run('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'vigia-test', dir])
  } catch {
    await rm(dir, { recursive: true })
    return null
  }
  return {
    dir,
    async [Symbol.asyncDispose]() {
      await run('umount', [dir])
      await rm(dir, { recursive: true })
    },
  }
}

it('says that the disk is full, keeps what it acknowledged, and goes on when there is room again', async (test) => {
  await using disk = await smallDisk()
  if (!disk) return test.skip('mounting a tmpfs needs root')
  const ballast = join(disk.dir, 'ballast')
  await writeFile(ballast, Buffer.alloc(2 * MB))
  await using store = await openSqliteStore({ dataDir: join(disk.dir, 'data'), flushMs: 5 })
  const session = { id: 'a', owner: null, language: 'es', mode: 'transcribe', config: {}, tokenHash: 'x', tier: 'full' as const }
  await store.sessions.create({ ...session, format: { encoding: 'pcm16', sampleRate: 16000, channels: 1 } })
  const log = await store.audio.open('a')
  const errors: unknown[] = []
  log.onError = (error) => errors.push(error)

  await expect(fillUntilRefused(log)).rejects.toMatchObject({ code: 'storage_full' })
  expect(errors).toMatchObject([{ code: 'storage_full' }])
  const acked = log.durableBytes
  expect(acked).toBeGreaterThan(0.5 * MB)
  expect(acked).toBeLessThan(log.appendedBytes)
  expect(await stored(store, 'a')).toEqual(streamBytes(0, 0, acked))
  await expect(store.frames.put(photo, streamBytes(1, 0, MB))).rejects.toMatchObject({ code: 'storage_full' })

  await rm(ballast)
  await log.flush()
  expect(log.durableBytes).toBe(log.appendedBytes)
  log.append(streamBytes(0, log.appendedBytes, 10_000))
  await log.close()
  expect(await stored(store, 'a')).toEqual(streamBytes(0, 0, log.appendedBytes))
  await store.frames.put(photo, streamBytes(1, 0, 1000))
  await store.probe()
})

const photo = {
  id: 'f',
  sessionId: 'a',
  owner: null,
  capturedAt: '2026-01-01T00:00:00.000Z',
  receivedAt: '2026-01-01T00:00:00.000Z',
  atMs: 0,
  mime: 'image/jpeg',
  bytes: 1,
  dhash: null,
  observation: null,
}

async function fillUntilRefused(log: AudioLog): Promise<void> {
  while (log.appendedBytes < 4 * MB) {
    log.append(streamBytes(0, log.appendedBytes, 50_000))
    await log.flush()
  }
}

async function stored(store: Store, id: string): Promise<Buffer> {
  const all = await Array.fromAsync(store.audio.read(id))
  return Buffer.concat(all.map((record) => (record.kind === 'audio' ? record.bytes : Buffer.from(record.kind))))
}
