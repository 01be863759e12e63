import type { GapReason as GapReasons } from '@vigia/protocol'

/** One thing of the stream to be sent. `at` counts the bytes captured before it. */
export type StreamItem = StreamAudio | StreamHole

export interface StreamAudio {
  kind: 'audio'
  at: number
  bytes: Uint8Array
}

/** Audio that never existed (`length` 0), or that was captured and had to be given up (`length` bytes of it). */
export interface StreamHole {
  kind: 'hole'
  at: number
  length: number
  ms: number
  reason: GapReason
  gapId: string
  /** It was sent as a gap: from then on the server's count leaves its bytes out. Before, they may have been sent as audio. */
  declared: boolean
}

/** Why audio is missing. */
export type GapReason = (typeof GapReasons)['options'][number]

/** What {@link StreamLog} needs to know of the encoding. */
export interface StreamLogOptions {
  /** Bytes to keep at most. */
  maxBytes: number
  /** Length of encoded audio, to declare what had to be given up. */
  durationMs: (bytes: Uint8Array) => number
  /** False where a chunk is one packet that cannot be cut (raw Opus). */
  cuttable?: boolean
  /** Prefix of gap ids, unique per session. */
  id?: string
}

/**
 * Everything captured that the server has not confirmed, in order. Pure: no socket, no clock.
 *
 * Positions count captured bytes. The server counts received bytes: the same, less what was given up and declared as a
 * gap instead ({@link StreamHole} with a length).
 */
export class StreamLog {
  readonly #options: Required<StreamLogOptions>
  #items: StreamItem[] = []
  /** Index of the next item to send. */
  #next = 0
  #end = 0
  #keptBytes = 0
  #gaps = 0
  /** Bytes given up below the first item. */
  #lostBelow = 0

  constructor(options: StreamLogOptions) {
    this.#options = { cuttable: true, id: 'g', ...options }
  }

  /** Bytes captured so far, given-up ones included. */
  get capturedBytes(): number {
    return this.#end
  }

  /** Bytes that are kept because the server has not confirmed them. */
  get keptBytes(): number {
    return this.#keptBytes
  }

  get hasUnsent(): boolean {
    return this.#next < this.#items.length
  }

  /** What is kept, oldest first; for storing it elsewhere. */
  get items(): readonly StreamItem[] {
    return this.#items
  }

  /** Takes over what an earlier run kept. The log must be empty. */
  restore(items: readonly StreamItem[], lostBelow: number): void {
    this.#items = [...items]
    this.#next = 0
    this.#lostBelow = lostBelow
    const last = items.at(-1)
    this.#end = last ? endOf(last) : 0
    this.#keptBytes = items.reduce((sum, item) => sum + (item.kind === 'audio' ? item.bytes.length : 0), 0)
    this.#gaps = items.length + 1_000_000 // never an id of the earlier run
  }

  /** Bytes given up below the first kept item. */
  get lostBelow(): number {
    return this.#lostBelow
  }

  /** Adds captured audio; keeps `bytes`. Returns milliseconds of older audio that had to be given up for it. */
  audio(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0
    this.#items.push({ kind: 'audio', at: this.#end, bytes })
    this.#end += bytes.length
    this.#keptBytes += bytes.length
    let lostMs = 0
    while (this.#keptBytes > this.#options.maxBytes) lostMs += this.#giveUpOldest()
    return lostMs
  }

  /** Adds a declared gap. Returns its id. */
  gap(ms: number, reason: GapReason): string {
    const gapId = this.#newId()
    this.#items.push({ kind: 'hole', at: this.#end, length: 0, ms, reason, gapId, declared: false })
    return gapId
  }

  /** The next item to send, which counts as sent; null when all is. */
  take(): StreamItem | null {
    const item = this.#items[this.#next]
    if (!item) return null
    this.#next += 1
    if (item.kind === 'hole') item.declared = true
    return item
  }

  /** The server has everything below `receivedBytes` (its count) on disk. */
  confirm(receivedBytes: number): void {
    const below = this.#toCaptured(receivedBytes)
    let gone = 0
    for (const item of this.#items) {
      // what stands exactly at the border may not have arrived: a gap has no bytes that would tell
      const isGap = item.kind === 'hole' && (item.declared || item.length === 0)
      if (isGap ? endOf(item) >= below : endOf(item) > below) break
      if (item.kind === 'audio') this.#keptBytes -= item.bytes.length
      else if (item.declared) this.#lostBelow += item.length
      gone += 1
    }
    if (gone === 0) return
    this.#items.splice(0, gone)
    this.#next = Math.max(0, this.#next - gone)
  }

  /** After a reconnect: the next to send is what the server does not have. @param receivedBytes - the server's count */
  rewind(receivedBytes: number): void {
    this.confirm(receivedBytes)
    this.#next = 0
    if (this.#items[0]) this.#cutFirst(this.#items[0], this.#toCaptured(receivedBytes))
  }

  /** Where the first item begins below `from`, the server has its head: only the tail is left. */
  #cutFirst(item: StreamItem, from: number): void {
    const head = from - item.at
    if (head <= 0) return
    if (item.kind === 'audio') {
      if (!this.#options.cuttable) return
      this.#items[0] = { kind: 'audio', at: from, bytes: item.bytes.subarray(head) }
      this.#keptBytes -= head
    } else if (!item.declared && item.length > 0) {
      // given up here, though it had arrived there
      const left = item.length - head
      this.#items[0] = { ...item, at: from, length: left, ms: Math.round((item.ms * left) / item.length) }
    }
  }

  /** The server's count as ours: adds what was given up before it. */
  #toCaptured(receivedBytes: number): number {
    let captured = receivedBytes + this.#lostBelow
    for (const item of this.#items) {
      if (item.kind === 'audio' || !item.declared) continue
      if (item.at >= captured) break
      captured += item.length
    }
    return captured
  }

  #giveUpOldest(): number {
    const index = this.#items.findIndex((item) => item.kind === 'audio')
    const item = this.#items[index] as StreamAudio
    const ms = this.#options.durationMs(item.bytes)
    this.#keptBytes -= item.bytes.length
    const before = this.#items[index - 1]
    if (before?.kind === 'hole' && before.length > 0 && !before.declared && index - 1 >= this.#next) {
      before.length += item.bytes.length
      before.ms += ms
      this.#items.splice(index, 1)
      return ms
    }
    const hole = { at: item.at, length: item.bytes.length, ms, reason: 'network', gapId: this.#newId(), declared: false } as const
    this.#items[index] = { kind: 'hole', ...hole }
    return ms
  }

  #newId(): string {
    this.#gaps += 1
    return `${this.#options.id}-${this.#gaps}`
  }
}

const endOf = (item: StreamItem): number => item.at + (item.kind === 'audio' ? item.bytes.length : item.length)
