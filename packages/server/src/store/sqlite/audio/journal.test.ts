import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../../../std/fake-clock.ts'
import { bytesOf } from '../../contract/store-contract.ts'
import { FaultFs } from '../testing/fault-fs.ts'
import { BLOCK_HEADER_BYTES, sealBlock } from './block.ts'
import { Journal, replayJournals } from './journal.ts'
import { type JournalRecord, journalRecords, recordHead } from './journal-record.ts'

const DIR = '/data/journal'
const pathOf = (sessionId: string, no: number): string => `/data/audio/${sessionId}/${no}`

function blockOf(bytes: number, seed: number): Buffer {
  const block = Buffer.alloc(BLOCK_HEADER_BYTES + bytes)
  bytesOf(bytes, seed).copy(block, BLOCK_HEADER_BYTES)
  sealBlock(block, 'audio', 0)
  return block
}

describe('the journal of recordings', () => {
  let clock: FakeClock
  let disk: FaultFs
  let journal: Journal
  const errors: string[] = []
  /** Sessions whose files lack something. */
  let behind: Set<string>
  beforeEach(() => {
    behind = new Set()
    clock = createFakeClock()
    disk = new FaultFs()
    errors.length = 0
    const log = { info() {}, warn() {}, error: (_: unknown, message: string) => void errors.push(message) }
    journal = new Journal({ files: disk, dir: DIR, pathOf, clock, log, write: async () => behind })
  })

  /** As a session does: its file is written, not synced, and the journal has the same. */
  const put = async (records: JournalRecord[]): Promise<void> => {
    for (const { sessionId, no, position, buffers } of records) {
      const file = await disk.open(pathOf(sessionId, no))
      await file.write(buffers, position)
    }
    await journal.append(records)
  }
  const record = (sessionId: string, no: number, position: number, seed: number): JournalRecord => ({
    sessionId,
    no,
    position,
    buffers: [blockOf(100, seed), blockOf(30, seed + 1)],
  })
  const replay = async (known: readonly string[]): Promise<number> =>
    await replayJournals({ files: disk, dir: DIR, pathOf, isKnown: (id) => known.includes(id) })
  const journals = (): string[] => disk.durablePaths().filter((path) => path.startsWith(DIR))

  it('brings the bytes of all sessions back after a power cut, and is gone then', async () => {
    const records = [record('a', 1, 0, 1), record('b', 7, 500, 3)]
    await put(records)
    disk.crash()
    expect(await disk.size(pathOf('a', 1))).toBeNull()
    expect(await replay(['a', 'b'])).toBe(2 * 178)
    expect(disk.durableBytes(pathOf('a', 1))).toEqual(Buffer.concat(records[0]!.buffers))
    expect(disk.durableBytes(pathOf('b', 7))!.subarray(500)).toEqual(Buffer.concat(records[1]!.buffers))
    expect(journals()).toEqual([])
  })

  it('keeps erased sessions erased', async () => {
    await put([record('a', 1, 0, 1), record('gone', 1, 0, 1)])
    disk.crash()
    await replay(['a'])
    expect(await disk.size(pathOf('gone', 1))).toBeNull()
  })

  it('makes the name durable of a file that was erased and came again', async () => {
    await put([record('a', 1, 0, 1)])
    await journal.checkpoint('a')
    await disk.remove(pathOf('a', 1))
    await disk.syncDir('/data/audio/a')
    await put([record('a', 1, 0, 3)])
    await journal.checkpoint()
    disk.crash()
    expect(await disk.size(pathOf('a', 1))).toBe(178)
  })

  it('is replaced once the files are synced', async () => {
    const records = [record('a', 1, 0, 1), record('b', 1, 0, 3)]
    await put(records)
    expect(journal.isDue).toBe(false)
    await clock.advance(70_000)
    expect(journal.isDue).toBe(true)
    await journal.checkpoint()
    expect(journals()).toEqual([])
    disk.crash()
    for (const { sessionId, no, buffers } of records)
      expect(disk.durableBytes(pathOf(sessionId, no))).toEqual(Buffer.concat(buffers))
  })

  it('takes over what could not be synced, and says of which file', async () => {
    const records = [record('a', 1, 0, 1), record('bad', 1, 0, 3)]
    await put(records)
    disk.failWith = ({ op, path }) => (op === 'sync' && path === pathOf('bad', 1) ? 'EIO' : null)
    await journal.checkpoint()
    await journal.checkpoint()
    disk.failWith = () => null
    expect(journal.isDoubtful(pathOf('bad', 1))).toBe(true)
    expect(journal.isDoubtful(pathOf('a', 1))).toBe(false)
    expect(errors).toHaveLength(1)
    expect(journals()).toHaveLength(1)
    disk.crash()
    await replay(['a', 'bad'])
    expect(disk.durableBytes(pathOf('bad', 1))).toEqual(Buffer.concat(records[1]!.buffers))
  })

  it('leaves nothing of a session that is being erased, whatever its file does', async () => {
    const records = [record('a', 1, 0, 1), record('bad', 1, 0, 3)]
    await put(records)
    disk.failWith = ({ op, path }) => (op === 'sync' && path.startsWith('/data/audio') ? 'EIO' : null)
    await journal.checkpoint('bad')
    const kept = Buffer.concat(journals().map((path) => disk.durableBytes(path)!))
    expect(kept.includes(bytesOf(100, 1))).toBe(true)
    expect(kept.includes(bytesOf(100, 3))).toBe(false)
  })

  it('stays when anything about its replacement fails, and is replaced later', async () => {
    const records = [record('a', 1, 0, 1)]
    for (const op of ['sync', 'syncDir', 'remove', 'open'] as const) {
      await put(records)
      disk.failWith = (call) => (call.op === op ? 'EIO' : null)
      await journal.checkpoint().catch(() => {})
      disk.failWith = () => null
      expect(holds(disk, records[0]!), op).toBe(true)
    }
    await journal.checkpoint()
    expect(holds(disk, records[0]!)).toBe(true)
  })

  it('says when it could not be written; what it held before stays good', async () => {
    const records = [record('a', 1, 0, 1)]
    await put(records)
    for (const op of ['write', 'sync'] as const) {
      disk.failWith = (call) => (call.op === op ? 'ENOSPC' : null)
      await expect(journal.append([record('a', 1, 178, 5)])).rejects.toMatchObject({ code: 'ENOSPC' })
      disk.failWith = () => null
      expect(holds(disk, records[0]!)).toBe(true)
    }
    await put([record('a', 1, 178, 9)])
    disk.crash()
    await replay(['a'])
    expect(disk.durableBytes(pathOf('a', 1))!.subarray(178, 356)).toEqual(Buffer.concat(record('a', 1, 178, 9).buffers))
  })
})

/** Whether a power cut now leaves the record: in its file or in a journal. */
function holds(disk: FaultFs, { sessionId, no, buffers }: JournalRecord): boolean {
  const wanted = Buffer.concat(buffers)
  const paths = disk.durablePaths().filter((path) => path.startsWith(DIR) || path === pathOf(sessionId, no))
  return paths.some((path) => disk.durableBytes(path)!.includes(wanted))
}

describe('records of the journal', () => {
  const someRecord = fc.record({
    sessionId: fc.stringMatching(/^[\w.-]{1,128}$/),
    no: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
    position: fc.integer({ min: 0, max: 2 ** 45 }), // with what follows it a safe integer
    buffers: fc.array(
      fc.nat({ max: 200 }).map((bytes) => blockOf(bytes, bytes)),
      { minLength: 1, maxLength: 3 },
    ),
  })
  const encode = (records: readonly JournalRecord[]): Buffer =>
    Buffer.concat(records.flatMap((one) => [recordHead(one), ...one.buffers]))
  const plain = (records: Iterable<JournalRecord>): unknown[] =>
    [...records].map((one) => ({ ...one, buffers: Buffer.concat(one.buffers).toString('hex') }))

  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(someRecord), (records) => {
        expect(plain(journalRecords(encode(records)))).toEqual(plain(records))
      }),
    )
  })

  it('end where the file is torn or a head is damaged; else each intact block is given, at its place, and no other', () => {
    fc.assert(
      fc.property(fc.array(someRecord, { minLength: 1 }), fc.nat(), fc.boolean(), (records, at, cut) => {
        const bytes = encode(records)
        const place = at % bytes.length
        if (!cut) bytes[place]! ^= 0x41
        const found = blocksOf(journalRecords(cut ? bytes.subarray(0, place) : bytes))
        const all = blocksOf(records)
        expect(all).toEqual(expect.arrayContaining(found))
        expect(found.length).toBeLessThan(all.length)
        if (!cut && !headsAt(records, place)) expect(found.length).toBe(all.length - 1)
      }),
    )
  })
})

/** Each block with its place. */
function blocksOf(records: Iterable<JournalRecord>): string[] {
  const found: string[] = []
  for (const { sessionId, no, position, buffers } of records) {
    const payload = Buffer.concat(buffers)
    for (let at = 0; at < payload.length; ) {
      const end = at + BLOCK_HEADER_BYTES + payload.readUInt32LE(at + 16)
      found.push(`${sessionId} ${no} ${position + at} ${payload.toString('hex', at, end)}`)
      at = end
    }
  }
  return found
}

/** Whether a head lies at this place of the file. */
function headsAt(records: readonly JournalRecord[], place: number): boolean {
  let at = 0
  for (const one of records) {
    const head = recordHead(one).length
    if (place >= at && place < at + head) return true
    at += head + one.buffers.reduce((sum, { length }) => sum + length, 0)
  }
  return false
}
