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
 * The bytes of one session between hand-over and durability: queued, then written to a
 * file, then safe (synced there, or in the journal), then committed in the database.
 * Nothing leaves memory before the commit, so that any failure on the way can be repaired from here.
 */
export class StreamWriter {
  readonly sessionId: string
  readonly queue: BlockQueue
  readonly #segments: SegmentWriter
  #durable: number
  #gapNo: number
  /** Blocks at the head of the queue that are in the file. */
  #staged = 0

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

  get pendingBytes(): number {
    return this.queue.endByte - this.#durable
  }

  get isDirty(): boolean {
    return this.queue.length > 0
  }

  /**
   * Writes what is queued to the session's file, without a sync; null when all of it was before. An error is repaired once, by
   * writing all that is uncommitted to a new file.
   */
  async stage(): Promise<JournalRecord | null> {
    const blocks = this.queue.sealed()
    if (blocks.length === this.#staged) return null
    let record: JournalRecord
    try {
      record = await this.#segments.write(blocks.slice(this.#staged))
    } catch {
      await this.#abandon()
      record = await this.#rewrite(blocks)
    }
    this.#staged = blocks.length
    return record
  }

  /** Syncs what was staged; repaired in the same way. */
  async sync(): Promise<void> {
    try {
      await this.#segments.sync()
    } catch {
      const blocks = this.queue.sealed().slice(0, this.#staged)
      await this.#abandon()
      await this.#rewrite(blocks)
      await this.#segments.sync().catch(async (error: unknown) => {
        await this.#abandon()
        throw error
      })
      this.#staged = blocks.length
    }
  }

  /** What to commit once all that was staged is safe; null when there is nothing. */
  entry(): CommitEntry | null {
    const blocks = this.queue.sealed().slice(0, this.#staged)
    if (blocks.length === 0) return null
    const gaps = blocks.flatMap((block) => (block.gap ? [block.gap] : []))
    return {
      sessionId: this.sessionId,
      receivedBytes: blocks.at(-1)!.endByte,
      segments: this.#segments.uncommitted,
      gaps: gaps.map((gap, index) => ({ ...gap, no: this.#gapNo + 1 + index })),
      blocks: blocks.length,
    }
  }

  /** The entry is durable. */
  committed(entry: CommitEntry): void {
    this.#segments.commit(entry.segments)
    this.queue.release(entry.blocks)
    this.#staged -= entry.blocks
    this.#gapNo += entry.gaps.length
    this.#durable = entry.receivedBytes
  }

  /** Forgets what is not durable and closes the files. */
  async close(): Promise<void> {
    this.queue.drop()
    this.#staged = 0
    await this.#segments.close()
  }

  async #rewrite(blocks: ReturnType<BlockQueue['sealed']>): Promise<JournalRecord> {
    try {
      return await this.#segments.write(blocks)
    } catch (error) {
      await this.#abandon()
      throw error
    }
  }

  async #abandon(): Promise<void> {
    this.#staged = 0
    await this.#segments.abandon()
  }
}
