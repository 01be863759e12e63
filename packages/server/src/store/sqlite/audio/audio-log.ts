import { VigiaError } from '@vigia/protocol'
import { failPoint } from '../../../std/fail-point.ts'
import type { AudioLog, StreamGap } from '../../store.ts'
import { MAX_PAYLOAD_BYTES } from './block.ts'
import type { GroupCommit, Member } from './group-commit.ts'
import type { StreamWriter } from './stream-writer.ts'

/** Names of gaps remembered per session, to know a repetition by. */
const MAX_GAP_IDS = 1024

export interface AudioLogOptions {
  writer: StreamWriter
  group: GroupCommit
  packets: boolean
  /** Stored gaps of the session, oldest first. */
  gaps: readonly StreamGap[]
  /** Over all sessions; `append` refuses above it. */
  maxPendingBytes: number
  onClosed: () => void
}

/** Blocks that one session may have waiting: half an hour of packets of a disk that stands still. */
const MAX_WAITING_BLOCKS = 200_000

interface Waiter {
  /** Blocks that must be durable, counted from the opening. */
  blocks: number
  resolve: () => void
  reject: (error: Error) => void
}

/** The writer of one session's audio, see {@link AudioLog}. */
export class GroupedAudioLog implements AudioLog, Member {
  readonly sessionId: string
  readonly writer: StreamWriter
  onDurable: ((durableBytes: number) => void) | null = null
  onError: ((error: Error) => void) | null = null
  readonly #options: AudioLogOptions
  readonly #gapIds: Set<string>
  /** Gaps that stand at the end of the stream. */
  #gapsAtEnd: Omit<StreamGap, 'atByte'>[]
  /** Those of them that a client that came back may declare again. */
  #repeatable: Omit<StreamGap, 'atByte'>[]
  #waiters: Waiter[] = []
  #failing = false
  #state: 'open' | 'closing' | 'closed' = 'open'

  constructor(options: AudioLogOptions) {
    this.#options = options
    this.writer = options.writer
    this.sessionId = options.writer.sessionId
    this.#gapsAtEnd = options.gaps.filter(({ atByte }) => atByte === options.writer.durableBytes)
    this.#repeatable = [...this.#gapsAtEnd]
    this.#gapIds = new Set(options.gaps.flatMap(({ gapId }) => gapId ?? []).slice(-MAX_GAP_IDS))
  }

  get appendedBytes(): number {
    return this.writer.queue.endByte
  }

  get durableBytes(): number {
    return this.writer.durableBytes
  }

  get pendingBytes(): number {
    return this.#options.group.pendingBytes
  }

  append(bytes: Uint8Array): void {
    this.#assertOpen()
    if (bytes.length === 0) return
    this.#assertRoom(bytes.length)
    if (this.#gapsAtEnd.length > 0) {
      this.#gapsAtEnd = []
      this.#repeatable = []
    }
    failPoint('audio_received')
    this.writer.queue.append(bytes)
    this.#options.group.appended(bytes.length)
  }

  gap(gap: Omit<StreamGap, 'atByte'>): boolean {
    this.#assertOpen()
    if (this.#isRepeated(gap)) return false
    this.#assertRoom(0)
    if (gap.gapId !== undefined) this.#remember(gap.gapId)
    this.#gapsAtEnd.push(gap)
    if (this.#gapsAtEnd.length > MAX_GAP_IDS) this.#gapsAtEnd.shift()
    this.writer.queue.gap({ ...gap, atByte: this.appendedBytes })
    this.#options.group.appended(0)
    return true
  }

  resumed(): void {
    this.#repeatable = [...this.#gapsAtEnd]
  }

  async flush(): Promise<void> {
    if (this.#state === 'closed') throw closedError(this.sessionId)
    if (!this.writer.isDirty) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiters.push({ blocks: this.writer.queue.begun, resolve, reject })
    void this.#options.group.now(this)
    await promise
  }

  /** Brings all that is durable to its file; whether that worked. */
  async write(): Promise<boolean> {
    return await this.#options.group.between(async () => {
      await this.writer.write().catch(() => {})
      return !this.writer.isBehind
    })
  }

  async close(): Promise<void> {
    if (this.#state !== 'open') return
    this.#state = 'closing'
    try {
      await this.flush()
    } finally {
      await this.discard()
    }
  }

  /** Releases the writer without flushing: what is not durable is forgotten. */
  async discard(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#rejectWaiters(closedError(this.sessionId))
    const { group } = this.#options
    await group.between(async () => {
      // not before: who replaces the journal in between must know of this writer
      group.remove(this)
      await this.writer.close()
    })
    this.#options.onClosed()
  }

  onCommitted(): void {
    if (this.#state === 'closed') return
    this.#failing = false
    const { durableBlocks } = this.writer
    const done = this.#waiters.filter(({ blocks }) => blocks <= durableBlocks)
    this.#waiters = this.#waiters.filter(({ blocks }) => blocks > durableBlocks)
    for (const { resolve } of done) resolve()
    this.onDurable?.(this.durableBytes)
  }

  onFailed(error: VigiaError): void {
    this.#rejectWaiters(error)
    if (this.#failing || this.#state === 'closed') return
    this.#failing = true
    this.onError?.(error)
  }

  #rejectWaiters(error: Error): void {
    const waiters = this.#waiters
    this.#waiters = []
    for (const { reject } of waiters) reject(error)
  }

  #isRepeated(gap: Omit<StreamGap, 'atByte'>): boolean {
    if (gap.gapId !== undefined) return this.#gapIds.has(gap.gapId)
    const index = this.#repeatable.findIndex(
      ({ ms, reason, gapId }) => gapId === undefined && ms === gap.ms && reason === gap.reason,
    )
    if (index >= 0) this.#repeatable.splice(index, 1)
    return index >= 0
  }

  #remember(gapId: string): void {
    const oldest = this.#gapIds.size >= MAX_GAP_IDS ? this.#gapIds.values().next().value : undefined
    if (oldest !== undefined) this.#gapIds.delete(oldest)
    this.#gapIds.add(gapId)
  }

  #assertOpen(): void {
    if (this.#state !== 'open') throw closedError(this.sessionId)
  }

  #assertRoom(bytes: number): void {
    if (this.#options.packets && bytes > MAX_PAYLOAD_BYTES) {
      throw new VigiaError('message_too_large', `Expected a packet of at most ${MAX_PAYLOAD_BYTES} bytes, got ${bytes}.`)
    }
    const fits = this.pendingBytes + bytes <= this.#options.maxPendingBytes
    if (fits && this.writer.queue.length < MAX_WAITING_BLOCKS) return
    throw new VigiaError('overloaded', `More than ${this.#options.maxPendingBytes} bytes wait for the disk.`, {
      hint: 'Send again from the acknowledged byte once the server is ready.',
    })
  }
}

function closedError(sessionId: string): VigiaError {
  return new VigiaError('session_not_live', `The recording of session "${sessionId}" is not open for writing.`)
}
