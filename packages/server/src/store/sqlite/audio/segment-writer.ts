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
  /** A sync of that file failed here. */
  onDoubt?: (path: string) => void
}

/**
 * Appends blocks to the segment files of one session. After any error the file is never written again: what an operating system
 * keeps of a failed sync is unknown, so what was not committed goes to a new file.
 */
export class SegmentWriter {
  readonly #options: SegmentWriterOptions
  #nextNo: number
  #segment: SegmentMeta | null
  #file: OpenFile | null = null
  /** Of the newest segment. */
  #path = ''
  /** The newest file's name is on disk for certain. */
  #isNamed = true
  /** Written and not yet committed, by file number. */
  readonly #dirty = new Map<number, SegmentMeta>()
  /** Files that hold at least one committed byte. */
  readonly #committed = new Set<number>()

  constructor(options: SegmentWriterOptions) {
    this.#options = options
    this.#nextNo = options.nextNo
    this.#segment = options.tail
    if (options.tail) this.#path = options.pathOf(options.tail.no)
    if (options.tail) this.#committed.add(options.tail.no)
  }

  /** What a commit must record. */
  get uncommitted(): SegmentMeta[] {
    return [...this.#dirty.values()].map((meta) => ({ ...meta }))
  }

  /** Writes and does not sync: what was written before must be safe. Rejects with the error of the file system. */
  async write(blocks: readonly PendingBlock[]): Promise<JournalRecord> {
    const { files, sessionId } = this.#options
    if (this.#segment && this.#isSpent(this.#segment)) await this.#closeFile()
    const isNew = this.#segment === null
    this.#segment ??= this.#newSegment(blocks[0]!.offset)
    const segment = this.#segment
    if (isNew) this.#isNamed = false
    this.#file ??= await files.open(this.#path, { fresh: isNew })
    const buffers = toBuffers(blocks)
    failPoint('segment_before_write')
    if (isFailing('segment_half_written')) await this.#file.write(halfOf(buffers), segment.length)
    failPoint('segment_half_written')
    await this.#file.write(buffers, segment.length)
    failPoint('segment_written')
    const record = { sessionId, no: segment.no, position: segment.length, buffers }
    segment.length += buffers.reduce((sum, buffer) => sum + buffer.length, 0)
    segment.endByte = blocks.at(-1)!.endByte
    this.#dirty.set(segment.no, segment)
    return record
  }

  /** Syncs what was written. Rejects with the error of the file system. */
  async sync(): Promise<void> {
    if (!this.#segment || !this.#file) return
    try {
      await this.#file.sync()
      failPoint('segment_synced')
      if (this.#isNamed) return
      failPoint('segment_file_made')
      await this.#options.files.syncDir(dirname(this.#path))
      this.#isNamed = true
    } catch (error) {
      this.#options.onDoubt?.(this.#path)
      throw error
    }
  }

  /** The recorded state is durable. */
  commit(recorded: readonly SegmentMeta[]): void {
    for (const { no, length } of recorded) {
      this.#committed.add(no)
      if (this.#dirty.get(no)?.length === length) this.#dirty.delete(no)
    }
  }

  /** Gives the current files up. Everything uncommitted must be written again, to a new file. */
  async abandon(): Promise<void> {
    const useless = new Set([...this.#dirty.keys(), ...(this.#segment ? [this.#segment.no] : [])])
    this.#dirty.clear()
    await this.#closeFile()
    for (const no of useless) {
      if (!this.#committed.has(no)) await this.#options.files.remove(this.#options.pathOf(no)).catch(() => {})
    }
  }

  async close(): Promise<void> {
    await this.#closeFile()
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
    const file = this.#file
    this.#file = null
    this.#segment = null
    // Everything that counts was synced; an error of close tells nothing more.
    await file?.close().catch(() => {})
  }
}

/** What a torn write may leave. */
function halfOf(buffers: readonly Buffer[]): Buffer[] {
  const all = Buffer.concat(buffers)
  return [all.subarray(0, all.length >> 1)]
}
