import type { StreamGap } from '../../store.ts'
import { BlockQueue } from './block-queue.ts'
import type { JournalRecord } from './journal-record.ts'
import type { SegmentMeta, SegmentWriter } from './segment-writer.ts'
import type { SlabPool } from './slab-pool.ts'

export interface NumberedGap extends StreamGap {
  /** Order of declaration within the session, from 1. */
  no: number
}

/** What the database must record of one session to make its synced bytes durable. */
export interface CommitEntry {
  sessionId: string
  receivedBytes: number
  segments: SegmentMeta[]
  gaps: NumberedGap[]
  /** Blocks of the queue that it covers. */
  blocks: number
}

/** Bytes and blocks of one session that may wait in memory for their file while the journal has them: 2 s of 16 kHz PCM16. */
const HELD_BYTES = 64 * 1024
const HELD_BLOCKS = 256

export interface StreamWriterOptions {
  sessionId: string
  packets: boolean
  pool: SlabPool
  segments: SegmentWriter
  /** Durable bytes so far. */
  startByte: number
  /** Number of the newest stored gap. */
  gapNo: number
}

/**
 * The bytes of one session between hand-over and file. Each block is placed in a segment file, then safe (in the journal, or in the
 * file and synced), then committed in the database, and at last, or on the way, written to its file. Nothing leaves memory before
 * it is both committed and written, so that any failure can be repaired from here.
 */
export class StreamWriter {
  readonly sessionId: string
  readonly queue: BlockQueue
  readonly #segments: SegmentWriter
  #durable: number
  #gapNo: number
  /** Blocks at the head of the queue that have their place; the first `#written` of them are in the file. */
  #placed = 0
  #written = 0
  /** Blocks at the head of the queue that are durable. */
  #committed = 0
  /** Of these, blocks whose present place is the one that rows name: after a file was given up none, until the next commit. */
  #recorded = 0
  #isBroken = false

  constructor(options: StreamWriterOptions) {
    this.sessionId = options.sessionId
    this.queue = new BlockQueue(options)
    this.#segments = options.segments
    this.#durable = options.startByte
    this.#gapNo = options.gapNo
  }

  get durableBytes(): number {
    return this.#durable
  }

  /** Blocks ever committed. */
  get durableBlocks(): number {
    return this.queue.released + this.#committed
  }

  get pendingBytes(): number {
    return this.queue.endByte - this.#durable
  }

  /** Something is not durable, or its file could not be written. */
  get isDirty(): boolean {
    return this.queue.length > this.#committed || this.#isBroken
  }

  /** So much is committed and not in its file that it is time to {@link write} it. */
  get isFull(): boolean {
    return this.#segments.placedBytes >= HELD_BYTES || this.queue.length >= HELD_BLOCKS
  }

  /** Something durable is not in the file where rows say it is. */
  get isBehind(): boolean {
    return this.#committed > 0
  }

  /** The file could not be written: what follows must go through {@link secure}, which shows whether the disk is well again. */
  get isBroken(): boolean {
    return this.#isBroken
  }

  /** Gives what is queued its place and returns it for the journal; null when all of it has one. */
  place(): JournalRecord | null {
    const blocks = this.queue.sealed()
    if (blocks.length === this.#placed) return null
    const record = this.#segments.place(blocks.slice(this.#placed))
    this.#placed = blocks.length
    return record
  }

  /** Writes what is placed to its file, without a sync: the journal has it. Rejects with the error of the file system. */
  async write(): Promise<void> {
    try {
      await this.#segments.write()
    } catch (error) {
      await this.#abandon()
      throw error
    }
    this.#written = this.#placed
    this.#release()
  }

  /** Writes what is placed and syncs it. An error is repaired once, by a new file for all that is not committed or not written. */
  async secure(): Promise<void> {
    try {
      await this.#writeAndSync()
    } catch {
      await this.#abandon()
      this.place()
      await this.#writeAndSync().catch(async (error: unknown) => {
        await this.#abandon()
        throw error
      })
    }
    this.#isBroken = false
  }

  /** What to commit once all that is placed is safe; null when there is nothing. */
  entry(): CommitEntry | null {
    if (this.#placed <= this.#committed && !(this.#placed > 0 && this.#segments.isDirty)) return null
    const blocks = this.queue.sealed().slice(0, this.#placed)
    const gaps = blocks.slice(this.#committed).flatMap((block) => (block.gap ? [block.gap] : []))
    return {
      sessionId: this.sessionId,
      receivedBytes: blocks.at(-1)!.endByte,
      segments: this.#segments.toCommit(),
      gaps: gaps.map((gap, index) => ({ ...gap, no: this.#gapNo + 1 + index })),
      blocks: blocks.length,
    }
  }

  /** The entry is durable. */
  committed(entry: CommitEntry): void {
    this.#segments.committed(entry.segments)
    this.#committed = entry.blocks
    this.#recorded = entry.blocks
    this.#gapNo += entry.gaps.length
    this.#durable = entry.receivedBytes
    this.#release()
  }

  /** Forgets what is not durable, writes the rest to its files and closes them. */
  async close(): Promise<void> {
    await this.#segments.close()
    this.queue.drop()
    this.#placed = 0
    this.#written = 0
    this.#committed = 0
    this.#recorded = 0
    this.#isBroken = false
  }

  async #writeAndSync(): Promise<void> {
    await this.#segments.write()
    await this.#segments.sync()
    this.#written = this.#placed
    this.#release()
  }

  /** Blocks that are both in their file and named by rows there. */
  #release(): void {
    const count = Math.min(this.#written, this.#recorded)
    if (count === 0) return
    this.queue.release(count)
    this.#placed -= count
    this.#written -= count
    this.#committed -= count
    this.#recorded -= count
  }

  async #abandon(): Promise<void> {
    this.#placed = 0
    this.#written = 0
    this.#recorded = 0
    this.#isBroken = true
    await this.#segments.abandon()
  }
}
