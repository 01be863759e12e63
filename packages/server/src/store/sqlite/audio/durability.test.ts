import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bytesOf, joined, newSession, records } from '../../contract/store-contract.ts'
import type { AudioLog } from '../../store.ts'
import { storePaths } from '../paths.ts'
import { FaultFs, type FileCall } from '../testing/fault-fs.ts'
import { openHarness, type SqliteHarness } from '../testing/harness.ts'
import { BLOCK_HEADER_BYTES, isIntact, parseHeader } from './block.ts'
import { journalRecords } from './journal-record.ts'

const SEGMENT_BYTES = 4000

/** Files of the recording, not those of the start and of other rooms. */
const isAudio = ({ path }: FileCall): boolean => path.includes('/audio/') || path.includes('/journal/')

describe.each([
  { by: 'one sync per file', journalFrom: 1000 },
  { by: 'the journal', journalFrom: 1 },
])('durability of audio on a disk that forgets and fails, by $by', ({ journalFrom }) => {
  let disk: FaultFs
  let harness: SqliteHarness
  beforeEach(async () => {
    disk = new FaultFs()
    harness = await openHarness({ files: disk, segmentBytes: SEGMENT_BYTES, flushMs: 2, journalFrom })
  })
  afterEach(async () => {
    disk.failWith = () => null
    await harness.close()
  })

  const openLog = async (id: string): Promise<AudioLog> => {
    await harness.store.sessions.create(newSession({ id }))
    return await harness.store.audio.open(id)
  }
  const stored = async (id: string): Promise<Buffer> => joined(await records(harness.store, id))
  const durable = (id: string): Buffer => durableStream(disk, harness.dataDir, id)

  it('never says durable what a power cut would take', async () => {
    const log = await openLog('a')
    const sent = bytesOf(30_000, 1)
    const seen: number[] = []
    log.onDurable = (bytes) => {
      seen.push(bytes)
      expect(durable('a').subarray(0, bytes)).toEqual(sent.subarray(0, bytes))
    }
    for (let at = 0; at < sent.length; at += 700) {
      log.append(sent.subarray(at, at + 700))
      if (at % 2100 === 0) await log.flush()
    }
    await log.close()
    expect(seen.at(-1)).toBe(sent.length)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
    await powerCut()
    expect(await stored('a')).toEqual(sent)
  })

  it('brings back after a power cut what was said to be durable of sessions that were open', async () => {
    const logs = await Promise.all(['a', 'b', 'c'].map(openLog))
    const sent = logs.map((_, stream) => bytesOf(20_000, stream))
    for (let at = 0; at < 20_000; at += 1700) {
      for (const [stream, log] of logs.entries()) log.append(sent[stream]!.subarray(at, at + 1700))
      await Promise.all(logs.map((log) => log.flush()))
    }
    await powerCut()
    for (const [stream, id] of ['a', 'b', 'c'].entries()) expect(await stored(id)).toEqual(sent[stream])
  })

  it('repairs one failing call of any kind without a word to anyone', async () => {
    const codes = ['EIO', 'ENOSPC'] as const
    const calls = await callsOfOneRun()
    expect(calls).toBeGreaterThan(10)
    for (const code of codes) {
      for (let nth = 1; nth <= calls; nth++) await oneRun(`${code}-${nth}`, (count) => (count === nth ? code : null))
    }
  })

  it('goes on where it was after a disk that failed for a while has come back', async () => {
    const calls = await callsOfOneRun()
    for (const [code, expected] of [
      ['EIO', 'storage_failed'],
      ['ENOSPC', 'storage_full'],
    ] as const) {
      for (let nth = 1; nth <= calls; nth += 2) {
        const id = `down-${code}-${nth}`
        const log = await openLog(id)
        const errors: string[] = []
        log.onError = (error) => errors.push((error as { code?: string }).code ?? '')
        const sent = bytesOf(12_000, nth)
        let count = 0
        disk.failWith = (call) => (isAudio(call) && ++count >= nth ? code : null)
        const failure = await feed(log, sent).catch((error: unknown) => error)
        const acked = log.durableBytes
        expect(durable(id).subarray(0, acked)).toEqual(sent.subarray(0, acked))
        disk.failWith = () => null
        if (failure) {
          expect(failure).toMatchObject({ code: expected })
          expect(errors).toEqual([expected])
          log.append(sent.subarray(log.appendedBytes))
        }
        await log.close()
        expect(await stored(id)).toEqual(sent)
        expect(durable(id)).toEqual(sent)
      }
    }
  })

  it.runIf(journalFrom > 1)('keeps the other sessions moving while one file fails', async () => {
    const [bad, good] = [await openLog('bad'), await openLog('good')]
    disk.failWith = ({ op, path }) => (path.includes('/bad/') && (op === 'sync' || op === 'write') ? 'EIO' : null)
    bad.append(bytesOf(100, 1))
    good.append(bytesOf(100, 2))
    await expect(bad.flush()).rejects.toMatchObject({ code: 'storage_failed' })
    await good.flush()
    expect([bad.durableBytes, good.durableBytes]).toEqual([0, 100])
    expect(bad.pendingBytes).toBe(100)
    disk.failWith = () => null
    await bad.flush()
    expect([bad.durableBytes, bad.pendingBytes]).toEqual([100, 0])
  })

  it('writes no more to a file that could not be synced, and keeps what it has', async () => {
    const log = await openLog('a')
    await harness.store.sessions.create(newSession({ id: 'other' }))
    const sent = bytesOf(6000, 3)
    log.append(sent.subarray(0, 900))
    await log.flush()
    disk.failWith = ({ op, path }) => (path.includes('/a/') && op === 'sync' ? 'EIO' : null)
    await harness.store.sessions.erase('other') // syncs the files of all
    disk.failWith = () => null
    log.append(sent.subarray(900))
    await log.flush()
    await stored('a') // brings it to the files
    const names = await disk.list(storePaths(harness.dataDir).audioDir('a'))
    if (journalFrom === 1) expect(names.sort()).toEqual(['000001.seg', '000002.seg'])
    await powerCut()
    expect(await stored('a')).toEqual(sent)
  })

  it('tries again by itself', async () => {
    const log = await openLog('a')
    disk.failWith = (call) => (isAudio(call) ? 'ENOSPC' : null)
    log.append(bytesOf(500, 1))
    await expect(log.flush()).rejects.toMatchObject({ code: 'storage_full' })
    const { promise, resolve } = Promise.withResolvers<number>()
    log.onDurable = resolve
    disk.failWith = () => null
    expect(await promise).toBe(500)
  })

  it('refuses more than may wait, and takes more once the disk took some', async () => {
    await harness.close()
    harness = await openHarness({ files: new FaultFs(), maxPendingBytes: 1000 })
    const log = await openLog('a')
    log.append(bytesOf(900, 1))
    expect(() => log.append(bytesOf(200, 2))).toThrow(expect.objectContaining({ code: 'overloaded' }))
    await log.flush()
    log.append(bytesOf(200, 2))
    expect(log.pendingBytes).toBe(200)
  })

  /** What the dying process still tries fails. */
  async function powerCut(): Promise<void> {
    disk.crash()
    disk.failWith = () => 'EIO'
    await harness.store[Symbol.asyncDispose]()
    disk.failWith = () => null
    await harness.reopen()
    await harness.store.recover()
  }

  async function callsOfOneRun(): Promise<number> {
    let calls = 0
    await oneRun('count', () => {
      calls++
      return null
    })
    return calls
  }

  async function oneRun(id: string, fail: (count: number) => 'EIO' | 'ENOSPC' | null): Promise<void> {
    const log = await openLog(id)
    const errors: Error[] = []
    log.onError = (error) => errors.push(error)
    const sent = bytesOf(12_000, id.length)
    let count = 0
    disk.failWith = (call) => (isAudio(call) ? fail(++count) : null)
    await feed(log, sent)
    disk.failWith = () => null
    await log.close()
    expect(errors).toEqual([])
    expect(await stored(id)).toEqual(sent)
    expect(durable(id)).toEqual(sent)
  }
})

/** Hands over in pieces, each flushed, so that several files are begun. */
async function feed(log: AudioLog, sent: Buffer): Promise<void> {
  for (let at = 0; at < sent.length; at += 1500) {
    log.append(sent.subarray(at, at + 1500))
    await log.flush()
  }
}

/** The stream as a power cut would leave it: blocks of all files and journals, each byte of the stream once. */
function durableStream(disk: FaultFs, dataDir: string, id: string): Buffer {
  const blocks: Buffer[] = []
  for (const path of disk.durablePaths()) {
    if (path.startsWith(join(dataDir, 'audio')) && path.includes(`/${id}/`)) blocks.push(...blocksOf(disk.durableBytes(path)!))
    if (!path.startsWith(join(dataDir, 'journal'))) continue
    for (const { sessionId, buffers } of journalRecords(disk.durableBytes(path)!))
      if (sessionId === id) blocks.push(...blocksOf(Buffer.concat(buffers)))
  }
  let stream = Buffer.alloc(0)
  const offsetOf = (block: Buffer): number => parseHeader(block)!.offset
  for (const block of blocks.sort((a, b) => offsetOf(a) - offsetOf(b))) {
    const fresh = block.subarray(BLOCK_HEADER_BYTES + stream.length - offsetOf(block))
    if (offsetOf(block) <= stream.length) stream = Buffer.concat([stream, fresh])
  }
  return stream
}

/** Whole blocks from the beginning. */
function* blocksOf(bytes: Buffer): Generator<Buffer> {
  let rest = bytes
  for (let header = parseHeader(rest); header; header = parseHeader(rest)) {
    const block = rest.subarray(0, BLOCK_HEADER_BYTES + header.length)
    if (block.length < BLOCK_HEADER_BYTES + header.length || !isIntact(block)) return
    yield block
    rest = rest.subarray(block.length)
  }
}
