import { VigiaError } from '@vigia/protocol'
import { beforeEach, describe, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../../../std/fake-clock.ts'
import { bytesOf } from '../../contract/store-contract.ts'
import { FaultFs } from '../testing/fault-fs.ts'
import { GroupedAudioLog } from './audio-log.ts'
import { GroupCommit } from './group-commit.ts'
import { Journal, replayJournals } from './journal.ts'
import { SegmentWriter } from './segment-writer.ts'
import { slabPool } from './slab-pool.ts'
import { type CommitEntry, StreamWriter } from './stream-writer.ts'

const FLUSH_MS = 100

describe('group commit', () => {
  let clock: FakeClock
  let disk: FaultFs
  let commits: CommitEntry[][]
  let commit: (entries: readonly CommitEntry[]) => Promise<ReadonlySet<string>>
  let group: GroupCommit
  const faults: unknown[] = []
  beforeEach(() => {
    clock = createFakeClock()
    disk = new FaultFs()
    commits = []
    faults.length = 0
    commit = async (entries) => {
      commits.push(structuredClone(entries as CommitEntry[]))
      return new Set(entries.map(({ sessionId }) => sessionId))
    }
    const onFault = (error: unknown): void => void faults.push(error)
    group = new GroupCommit({ flushMs: FLUSH_MS, clock, commit: (entries) => commit(entries), onFault })
  })

  const openLog = (sessionId: string): GroupedAudioLog => {
    const segments = new SegmentWriter({ sessionId, files: disk, pathOf: (no) => `/${sessionId}/${no}`, tail: null, nextNo: 1 })
    const writer = new StreamWriter({ sessionId, packets: false, pool: slabPool(), segments, startByte: 0, gapNo: 0 })
    const log = new GroupedAudioLog({ writer, group, packets: false, gaps: [], maxPendingBytes: 1e9, onClosed: () => {} })
    group.add(log)
    return log
  }

  const pathOf = (sessionId: string, no: number): string => `/${sessionId}/${no}`

  /** A group whose sessions are made safe by a journal, however few they are. */
  const useJournal = (): Journal => {
    const log = { info() {}, warn() {}, error() {} }
    const journal = new Journal({ files: disk, dir: '/journal', pathOf, clock, log, write: () => group.write() })
    const onFault = (error: unknown): void => void faults.push(error)
    group = new GroupCommit({ flushMs: FLUSH_MS, clock, commit: (entries) => commit(entries), onFault, journal, journalFrom: 1 })
    return journal
  }

  it('counts what all sessions of a tick still have before it tells any of them', async () => {
    const logs = ['a', 'b', 'c'].map(openLog)
    const seen: number[] = []
    for (const log of logs) {
      log.onDurable = () => seen.push(group.pendingBytes)
      log.append(bytesOf(100, 1))
    }
    await clock.advance(FLUSH_MS)
    expect(seen).toEqual([0, 0, 0])
  })

  it('commits all sessions of a tick in one transaction', async () => {
    const logs = ['a', 'b', 'c'].map(openLog)
    for (const log of logs) log.append(bytesOf(100, 1))
    await clock.advance(FLUSH_MS - 1)
    expect(commits).toEqual([])
    await clock.advance(1)
    expect(commits).toHaveLength(1)
    expect(commits[0]?.map(({ sessionId, receivedBytes }) => [sessionId, receivedBytes]).toSorted()).toEqual([
      ['a', 100],
      ['b', 100],
      ['c', 100],
    ])
    expect(logs.map(({ durableBytes }) => durableBytes)).toEqual([100, 100, 100])
  })

  it('commits less often where a tick takes long', async () => {
    const log = openLog('a')
    const first = commit
    commit = async (entries) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 30))
      return await first(entries)
    }
    const times: number[] = []
    log.onDurable = () => times.push(clock.now())
    for (let at = 0; at < 20_000; at += 10) {
      log.append(bytesOf(10, 1))
      await clock.advance(10)
    }
    const pauses = times.slice(-10).map((time, index, last) => time - (last[index - 1] ?? time))
    expect(Math.min(...pauses.slice(1))).toBeGreaterThanOrEqual(250)
    expect(Math.max(...pauses)).toBeLessThanOrEqual(450)
  })

  it('hurries where a client sends much faster than real time', async () => {
    const log = openLog('a')
    const first = commit
    commit = async (entries) => {
      await new Promise<void>((resolve) => clock.setTimeout(resolve, 30))
      return await first(entries)
    }
    const times: number[] = []
    log.onDurable = () => times.push(clock.now())
    for (let at = 0; at < 2000; at += 10) {
      log.append(bytesOf(600_000, 1))
      await clock.advance(10)
    }
    const pauses = times.slice(-5).map((time, index, last) => time - (last[index - 1] ?? time))
    expect(Math.max(...pauses)).toBeLessThan(200)
  })

  it('begins the next tick only when the last one has ended', async () => {
    const log = openLog('a')
    const gate = Promise.withResolvers<void>()
    const first = commit
    commit = async (entries) => {
      const known = await first(entries)
      await gate.promise
      return known
    }
    log.append(bytesOf(10, 1))
    await clock.advance(FLUSH_MS)
    log.append(bytesOf(20, 2))
    await clock.advance(10 * FLUSH_MS)
    expect([commits.length, log.durableBytes]).toEqual([1, 0])
    gate.resolve()
    await clock.advance(FLUSH_MS)
    expect([commits.length, log.durableBytes]).toEqual([2, 30])
  })

  it('does nothing while nothing is handed over', async () => {
    const log = openLog('a')
    log.append(bytesOf(10, 1))
    await clock.advance(FLUSH_MS)
    expect(clock.pending).toBe(0)
    expect(group.pendingBytes).toBe(0)
  })

  it('acknowledges nothing when the transaction fails, and records it with the next one without writing it twice', async () => {
    const log = openLog('a')
    const errors: unknown[] = []
    log.onError = (error) => errors.push(error)
    const working = commit
    commit = async () => {
      throw new VigiaError('storage_full', 'full')
    }
    log.append(bytesOf(10, 1))
    await expect(log.flush()).rejects.toMatchObject({ code: 'storage_full' })
    expect([log.durableBytes, log.pendingBytes, errors.length]).toEqual([0, 10, 1])
    const size = await disk.size('/a/1')
    commit = working
    log.append(bytesOf(20, 2))
    await clock.advance(5000)
    expect([log.durableBytes, log.pendingBytes]).toEqual([30, 0])
    expect(commits.flat()).toMatchObject([{ receivedBytes: 30, segments: [{ no: 1, startByte: 0, endByte: 30 }] }])
    expect(await disk.size('/a/1')).toBe(size! + 24 + 20)
  })

  it('waits longer after each failure, and says it once', async () => {
    const log = openLog('a')
    const errors: unknown[] = []
    let tries = 0
    log.onError = (error) => errors.push(error)
    commit = async () => {
      tries++
      throw new VigiaError('storage_failed', 'no')
    }
    log.append(bytesOf(10, 1))
    await clock.advance(60_000)
    expect(tries).toBeGreaterThan(10)
    expect(tries).toBeLessThan(20)
    expect(errors).toHaveLength(1)
  })

  it('does not acknowledge to a session that was erased meanwhile', async () => {
    const log = openLog('a')
    commit = async () => new Set()
    log.append(bytesOf(10, 1))
    await expect(log.flush()).rejects.toMatchObject({ code: 'session_not_found' })
    expect(log.durableBytes).toBe(0)
  })

  it('lets no listener stop the others', async () => {
    const [bad, good] = [openLog('a'), openLog('b')]
    bad.onDurable = () => {
      throw new Error('listener')
    }
    bad.append(bytesOf(10, 1))
    good.append(bytesOf(10, 1))
    await clock.advance(FLUSH_MS)
    expect([good.durableBytes, faults.length]).toEqual([10, 1])
  })

  it('keeps what a session held that closes while the journal is replaced', async () => {
    const journal = useJournal()
    const audio = openLog('a')
    audio.append(bytesOf(100, 1))
    await clock.advance(FLUSH_MS)
    const gate = Promise.withResolvers<void>()
    const first = commit
    commit = async (entries) => {
      await gate.promise
      return await first(entries)
    }
    audio.append(bytesOf(50, 2))
    await clock.advance(FLUSH_MS) // a tick is in progress
    const { open } = disk
    disk.open = async (path, options) => {
      // slower than all the rest of a replacement
      if (path === '/a/1') for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate)
      return await open.call(disk, path, options)
    }
    const replaced = journal.checkpoint()
    await clock.advance(0) // it waits for the tick
    const closed = audio.discard()
    gate.resolve()
    await Promise.all([replaced, closed])
    disk.crash()
    await replayJournals({ files: disk, dir: '/journal', pathOf, isKnown: () => true })
    expect(await disk.size('/a/1')).toBeGreaterThanOrEqual(100 + 24)
  })

  it('places everything anew that no row names where it is, also when two files fail one after the other', async () => {
    useJournal()
    const audio = openLog('a')
    audio.append(bytesOf(100, 1))
    await audio.flush()
    const working = commit
    disk.failWith = ({ op, path }) => (op === 'write' && path === '/a/1' ? 'EIO' : null)
    expect(await group.write()).toEqual(new Set(['a']))
    commit = async () => {
      throw new VigiaError('storage_failed', 'no')
    }
    audio.append(bytesOf(50, 2))
    await expect(audio.flush()).rejects.toMatchObject({ code: 'storage_failed' }) // all of it is in the second file now
    commit = working
    disk.failWith = ({ op, path }) => (op === 'write' && (path === '/a/2' || path.startsWith('/journal')) ? 'EIO' : null)
    audio.append(bytesOf(10, 3))
    await audio.flush()
    expect(commits.at(-1)?.[0]?.segments).toContainEqual(expect.objectContaining({ no: 3, startByte: 0, endByte: 160 }))
  })

  it('gives back the memory of durable audio', async () => {
    const log = openLog('a')
    for (let n = 0; n < 100; n++) {
      log.append(bytesOf(5000, n))
      await clock.advance(FLUSH_MS)
    }
    expect(log.writer.queue.length).toBe(0)
    expect(log.durableBytes).toBe(500_000)
  })
})
