import { dirname } from 'node:path'
import { failPoint, isFailing } from '../../../std/fail-point.ts'
import type { FileOps, OpenFile } from '../files.ts'
import { type PendingBlock, toBuffers } from './block-queue.ts'
import type { JournalRecord } from './journal-record.ts'

/** A segment file begins anew after this many bytes. */
export const SEGMENT_BYTES = 16 * 1024 * 1024

/** What one segment file holds: `length` bytes of it are safe and carry the stream from `startByte` to `endByte`. */
export interface SegmentMeta {
  no: number
  startByte: number
  endByte: number
  length: number
}

export interface SegmentWriterOptions {
  sessionId: string
  files: FileOps
  pathOf: (no: number) => string
  /** The newest segment, to go on with; null to begin a new one. */
  tail: SegmentMeta | null
  /** Number for the next new file. */
  nextNo: number
  segmentBytes?: number
  /** Whether a sync of that file failed elsewhere: it is not written again. */
  isDoubtful?: (path: string) => boolean
  /** That file may lack bytes that rows say it has. */
  onDoubt?: (path: string) => void
}

/** Bytes that have their place in a file and are not there yet. */
interface PlacedBytes {
  record: JournalRecord
  bytes: number
  /** The segment without them. */
  before: SegmentMeta
}

/**
 * Gives blocks their place in the segment files of one session, and writes them there when told: what a journal holds need not be in
 * its file yet. After any error the file is never written again: what an operating system keeps of a failed sync is unknown, so what
 * is not safe in it goes to a new file.
 */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions
  #nextNo: number
  #segment: SegmentMeta | null
  /** Of the newest segment. */
  #path = ''
  /** In stream order. */
  #placed: PlacedBytes[] = []
  #placedBytes = 0
  #file: { no: number; file: OpenFile } | null = null
  /** The newest file's name is on disk for certain. */
  #isNamed = true
  /** Grown since the last commit, by file number. */
  readonly #grown = new Map<number, SegmentMeta>()
  /** Given up with fewer bytes than rows say, by file number. */
  readonly #shrunk = new Map<number, SegmentMeta>()
  /** Files that rows may name. */
  readonly #recorded = new Set<number>()

  constructor(options: SegmentWriterOptions) {
    this.#options = options
    this.#nextNo = options.nextNo
    this.#segment = options.tail
    if (!options.tail) return
    this.#recorded.add(options.tail.no)
    this.#path = options.pathOf(options.tail.no)
  }

  /** A commit has something to record. */
  get isDirty(): boolean {
    return this.#grown.size + this.#shrunk.size > 0
  }

  /** Bytes that are placed and not in their file. */
  get placedBytes(): number {
    return this.#placedBytes
  }

  /** Gives the blocks their place, behind all earlier ones. */
  place(blocks: readonly PendingBlock[]): JournalRecord {
    if (this.#segment && this.#isSpent(this.#segment)) this.#segment = null
    this.#segment ??= this.#newSegment(blocks[0]!.offset)
    const segment = this.#segment
    const buffers = toBuffers(blocks)
    const bytes = buffers.reduce((sum, { length }) => sum + length, 0)
    const record = { sessionId: this.#options.sessionId, no: segment.no, position: segment.length, buffers }
    this.#placed.push({ record, bytes, before: { ...segment } })
    this.#placedBytes += bytes
    segment.length += bytes
    segment.endByte = blocks.at(-1)!.endByte
    this.#grown.set(segment.no, segment)
    return record
  }

  /** Writes what is placed, without a sync. Rejects with the error of the file system; then {@link abandon} is due. */
  async write(): Promise<void> {
    while (this.#placed.length > 0) {
      const { no, position } = this.#placed[0]!.record
      const run = this.#placed.filter(({ record }) => record.no === no)
      const file = await this.#open(no, position === 0)
      const buffers = run.flatMap(({ record }) => record.buffers)
      failPoint('segment_before_write')
      if (isFailing('segment_half_written')) await file.write(halfOf(buffers), position)
      failPoint('segment_half_written')
      await file.write(buffers, position)
      failPoint('segment_written')
      this.#placed.splice(0, run.length)
      this.#placedBytes -= run.reduce((sum, { bytes }) => sum + bytes, 0)
    }
  }

  /** Syncs the newest file. Rejects with the error of the file system. */
  async sync(): Promise<void> {
    if (!this.#file) return
    const path = this.#options.pathOf(this.#file.no)
    try {
      await this.#file.file.sync()
      failPoint('segment_synced')
      if (this.#isNamed) return
      failPoint('segment_file_made')
      await this.#options.files.syncDir(dirname(path))
      this.#isNamed = true
    } catch (error) {
      this.#options.onDoubt?.(path)
      throw error
    }
  }

  /** What a commit must record; from here on rows may name these files. */
  toCommit(): SegmentMeta[] {
    for (const no of this.#grown.keys()) this.#recorded.add(no)
    return [...this.#shrunk.values(), ...this.#grown.values()].map((meta) => ({ ...meta }))
  }

  /** The recorded state is durable. */
  committed(recorded: readonly SegmentMeta[]): void {
    for (const { no, length } of recorded) {
      for (const changed of [this.#grown, this.#shrunk]) if (changed.get(no)?.length === length) changed.delete(no)
    }
  }

  /** Gives the current files up. Every block that was not both written and committed must be placed again, in a new file. */
  async abandon(): Promise<void> {
    const useless = new Set([...this.#grown.keys(), ...(this.#segment ? [this.#segment.no] : [])])
    this.#grown.clear()
    // rows that name more than a file holds are put right with the next commit, which names the new file too
    for (const { record, before } of this.#placed.toReversed()) {
      if (this.#recorded.has(record.no)) this.#shrunk.set(record.no, before)
    }
    this.#placed = []
    this.#placedBytes = 0
    this.#segment = null
    await this.#closeFile()
    for (const no of useless) {
      if (!this.#recorded.has(no)) await this.#options.files.remove(this.#options.pathOf(no)).catch(() => {})
    }
  }

  /** Writes what is placed and closes. What cannot be written is in doubt: the journal keeps it. */
  async close(): Promise<void> {
    await this.write().catch(() => {})
    for (const no of [...this.#shrunk.keys(), ...this.#placed.map(({ record }) => record.no)]) {
      this.#options.onDoubt?.(this.#options.pathOf(no))
    }
    await this.#closeFile()
  }

  async #open(no: number, fresh: boolean): Promise<OpenFile> {
    if (this.#file?.no === no) return this.#file.file
    await this.#closeFile()
    if (fresh) this.#isNamed = false
    this.#file = { no, file: await this.#options.files.open(this.#options.pathOf(no), { fresh }) }
    return this.#file.file
  }

  #isSpent({ length }: SegmentMeta): boolean {
    const { segmentBytes = SEGMENT_BYTES, isDoubtful } = this.#options
    return length >= segmentBytes || isDoubtful?.(this.#path) === true
  }

  #newSegment(startByte: number): SegmentMeta {
    const no = this.#nextNo++
    this.#path = this.#options.pathOf(no)
    return { no, startByte, endByte: startByte, length: 0 }
  }

  async #closeFile(): Promise<void> {
    const open = this.#file
    this.#file = null
    // Everything that counts was synced or is in the journal; an error of close tells nothing more.
    await open?.file.close().catch(() => {})
  }
}

/** What a torn write may leave. */
function halfOf(buffers: readonly Buffer[]): Buffer[] {
  const all = Buffer.concat(buffers)
  return [all.subarray(0, all.length >> 1)]
}
