import type { StreamGap } from '../../store.ts'
import { BlockQueue } from './block-queue.ts'
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
 * The bytes of one session between hand-over and durability: queued, then synced in a file, then committed in the database.
 * Nothing leaves memory before the commit, so that any failure on the way can be repaired from here.
 */
export class StreamWriter {
  readonly sessionId: string
  readonly queue: BlockQueue
  readonly #segments: SegmentWriter
  #durable: number
  #gapNo: number
  /** Blocks at the head of the queue that are synced. */
  #synced = 0

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
   * Syncs what is queued and says what to commit; null when there is nothing. An error is repaired once, by writing all that is
   * uncommitted to a new file.
   */
  async sync(): Promise<CommitEntry | null> {
    const blocks = this.queue.sealed()
    if (blocks.length === 0) return null
    try {
      if (blocks.length > this.#synced) await this.#segments.write(blocks.slice(this.#synced))
    } catch {
      await this.#abandon()
      await this.#rewrite(blocks)
    }
    this.#synced = blocks.length
    const gaps = blocks.flatMap((block) => (block.gap ? [block.gap] : []))
    return {
      sessionId: this.sessionId,
      receivedBytes: blocks.at(-1)!.endByte,
      segments: this.#segments.uncommitted,
      gaps: gaps.map((gap, index) => ({ ...gap, no: this.#gapNo + 1 + index })),
    }
  }

  /** The entry that `sync` gave is durable. */
  committed(entry: CommitEntry): void {
    this.#segments.commit(entry.segments)
    this.queue.release(this.#synced)
    this.#synced = 0
    this.#gapNo += entry.gaps.length
    this.#durable = entry.receivedBytes
  }

  /** Forgets what is not durable and closes the files. */
  async close(): Promise<void> {
    this.queue.drop()
    this.#synced = 0
    await this.#segments.close()
  }

  async #rewrite(blocks: ReturnType<BlockQueue['sealed']>): Promise<void> {
    try {
      await this.#segments.write(blocks)
    } catch (error) {
      await this.#abandon()
      throw error
    }
  }

  async #abandon(): Promise<void> {
    this.#synced = 0
    await this.#segments.abandon()
  }
}
