import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesOf, joined, newSession, records } from '../../contract/store-contract.ts'
import type { AudioLog } from '../../store.ts'
import { storePaths } from '../paths.ts'
import { FaultFs } from '../testing/fault-fs.ts'
import { openHarness, type SqliteHarness } from '../testing/harness.ts'
import { BLOCK_HEADER_BYTES } from './block.ts'

/** What the journal made safe is written to the sessions' files later. */
describe('files written behind the journal', () => {
  let disk: FaultFs
  let harness: SqliteHarness
  let log: AudioLog
  const sent = bytesOf(200_000, 1)
  beforeEach(async () => {
    disk = new FaultFs()
    harness = await openHarness({ files: disk, flushMs: 2, journalFrom: 1 })
    await harness.store.sessions.create(newSession({ id: 'other' }))
    await harness.store.sessions.create(newSession({ id: 'a' }))
    log = await harness.store.audio.open('a')
  })
  afterEach(async () => {
    disk.failWith = () => null
    await harness.close()
  })

  const fileSize = async (no = 1): Promise<number | null> => await disk.size(storePaths(harness.dataDir).audioSegment('a', no))
  const stored = async (): Promise<Buffer> => joined(await records(harness.store, 'a'))
  const say = async (from: number, to: number): Promise<void> => {
    log.append(sent.subarray(from, to))
    await log.flush()
  }
  const breakFiles = (): void => {
    disk.failWith = ({ op, path }) => (op !== 'remove' && path.endsWith('.seg') ? 'ENOSPC' : null)
  }
  /** Files of all are written and synced, and the journal is begun anew. */
  const checkpoint = async (): Promise<void> => await harness.store.sessions.erase('other')
  const powerCut = async (): Promise<void> => {
    disk.crash()
    disk.failWith = () => 'EIO'
    await harness.store[Symbol.asyncDispose]()
    disk.failWith = () => null
    await harness.reopen()
    await harness.store.recover()
  }

  it('keeps little in memory and writes it when there is more', async () => {
    await say(0, 3000)
    expect([await fileSize(), log.durableBytes]).toEqual([null, 3000])
    for (let at = 3000; at < 200_000; at += 10_000) await say(at, Math.min(200_000, at + 10_000))
    expect(await fileSize()).toBeGreaterThan(200_000 - 2 * 64 * 1024)
    await log.close()
    expect(await stored()).toEqual(sent)
  })

  it('gives a reader all that is durable', async () => {
    await say(0, 3000)
    expect(await stored()).toEqual(sent.subarray(0, 3000))
    expect(await fileSize()).toBe(3000 + BLOCK_HEADER_BYTES)
  })

  it('writes everything when the journal is replaced', async () => {
    await say(0, 3000)
    await checkpoint()
    expect(await fileSize()).toBe(3000 + BLOCK_HEADER_BYTES)
    await powerCut()
    expect(await stored()).toEqual(sent.subarray(0, 3000))
  })

  it('keeps in the journal what no file takes, also when the journal is replaced', async () => {
    await say(0, 3000)
    breakFiles()
    await checkpoint()
    await powerCut()
    expect(await stored()).toEqual(sent.subarray(0, 3000))
  })

  it('takes no more while the file fails, and goes on in another one', async () => {
    await say(0, 3000)
    breakFiles()
    await expect(stored()).rejects.toMatchObject({ code: 'storage_full' })
    log.append(sent.subarray(3000, 5000))
    await expect(log.flush()).rejects.toMatchObject({ code: 'storage_full' })
    expect(log.durableBytes).toBe(3000)
    disk.failWith = () => null
    await log.flush()
    expect(log.durableBytes).toBe(5000)
    expect(await stored()).toEqual(sent.subarray(0, 5000))
    await checkpoint()
    await powerCut()
    expect(await stored()).toEqual(sent.subarray(0, 5000))
  })

  it('loses nothing of a session that ends while its file fails', async () => {
    await say(0, 3000)
    breakFiles()
    await log.close()
    await checkpoint()
    await checkpoint()
    await powerCut()
    expect(await stored()).toEqual(sent.subarray(0, 3000))
  })

  it('has everything after a power cut at any call', { timeout: 60_000 }, async () => {
    for (let nth = 1; nth < 40; nth++) {
      const id = `cut-${nth}`
      await harness.store.sessions.create(newSession({ id }))
      log = await harness.store.audio.open(id)
      let left = nth
      let isCut = false
      disk.failWith = () => {
        if (isCut) return 'EIO'
        if (--left > 0) return null
        isCut = true
        disk.crash()
        return 'EIO'
      }
      const acked = await live()
      disk.failWith = () => null
      await powerCut()
      const back = joined(await records(harness.store, id))
      expect(back.subarray(0, acked), `cut at call ${nth}`).toEqual(sent.subarray(0, acked))
    }
  })

  /** @returns what was acknowledged before the first thing that failed */
  async function live(): Promise<number> {
    let acked = 0
    try {
      for (let at = 0; at < 160_000; at += 20_000) {
        await say(at, at + 20_000)
        acked = log.durableBytes
        if (at % 60_000 === 0) await checkpoint()
      }
    } catch {
      // the cut
    }
    return acked
  }
})
