import type { VigiaError } from '@vigia/protocol'
import type { Clock } from '../../../std/clock.ts'
import { failPoint } from '../../../std/fail-point.ts'
import { fromFileError, sessionNotFound } from '../errors.ts'
import type { CommitEntry, StreamWriter } from './stream-writer.ts'

/** Files synced at once unless told: one fewer than the threads of libuv's default pool, so that other file work still moves. */
const SYNC_CONCURRENCY = 3
/** Pause before a failed session is tried again; doubles up to the second value. */
const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 5000
/** A synced file costs about 0.1 ms of CPU (measured on ext4): many sessions are synced less often, so that syncing stays a small share. */
const MS_PER_SESSION = 2
const MAX_PACE_MS = 400

/** One session in the group. */
export interface Member {
  readonly writer: StreamWriter
  /** After a commit that moved it. */
  onCommitted(): void
  /** After an attempt that failed; nothing of it was acknowledged and it will be tried again. */
  onFailed(error: VigiaError): void
}

interface Attempt {
  member: Member
  entry: CommitEntry | null
  error: VigiaError | null
}

export interface GroupCommitOptions {
  /** Pause between a first byte and its commit; longer with many sessions. */
  flushMs: number
  clock: Clock
  /** Records all entries in one durable transaction; gives the sessions that (still) exist. */
  commit: (entries: readonly CommitEntry[]) => Promise<ReadonlySet<string>>
  /** Files synced at once. */
  syncConcurrency?: number
  /** A callback of a member threw. */
  onFault: (error: unknown) => void
}

/**
 * One tick for all sessions: sync each one's file, then one transaction, then tell them. The next tick begins when this one has
 * ended (and `flushMs` after it began at the earliest), so a slow disk makes groups larger instead of queues longer.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #members = new Set<Member>()
  readonly #retries = new Map<Member, { at: number; pauseMs: number }>()
  #cancelTimer: (() => void) | null = null
  #running: Promise<void> | null = null
  #again = false
  #pendingBytes = 0
  #lastStart = 0

  constructor(options: GroupCommitOptions) {
    this.#options = options
  }

  /** Bytes handed over and not yet durable, over all sessions. */
  get pendingBytes(): number {
    return this.#pendingBytes
  }

  add(member: Member): void {
    this.#members.add(member)
  }

  remove(member: Member): void {
    if (!this.#members.delete(member)) return
    this.#retries.delete(member)
    this.#pendingBytes -= member.writer.pendingBytes
  }

  /** Something was handed over (`bytes` of the stream): a tick is due within `flushMs`. */
  appended(bytes: number): void {
    this.#pendingBytes += bytes
    if (this.#cancelTimer !== null || this.#running !== null) return
    this.#arm(this.#paceMs)
  }

  /** From a first byte to its commit. */
  get #paceMs(): number {
    return Math.max(this.#options.flushMs, Math.min(MAX_PACE_MS, this.#members.size * MS_PER_SESSION))
  }

  /** A tick at once that tries `member` even where it waits after a failure; resolves after it. Failures go to the members. */
  async now(member: Member): Promise<void> {
    this.#retryNow(member)
    if (this.#running !== null) {
      this.#again = true
      await this.#running
    }
    await this.#start()
  }

  /** Waits for a tick in progress. */
  async settled(): Promise<void> {
    await this.#running
  }

  /** Waits for a tick in progress and begins no other by itself. */
  async stop(): Promise<void> {
    await this.#running
    this.#cancelTimer?.()
    this.#cancelTimer = null
  }

  #retryNow(member: Member): void {
    const retry = this.#retries.get(member)
    if (retry) retry.at = this.#options.clock.now()
  }

  #arm(ms: number): void {
    this.#cancelTimer = this.#options.clock.setTimeout(() => {
      this.#cancelTimer = null
      void this.#start()
    }, ms)
  }

  async #start(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#running ??= this.#tick().finally(() => {
      this.#running = null
      const again = this.#again
      this.#again = false
      if (!again) this.#armNext()
    })
    await this.#running
  }

  #armNext(): void {
    const now = this.#options.clock.now()
    let pause = Number.POSITIVE_INFINITY
    for (const member of this.#members) {
      if (!member.writer.isDirty) continue
      const due = this.#retries.get(member)?.at ?? this.#lastStart + this.#paceMs
      pause = Math.min(pause, Math.max(0, due - now))
    }
    if (Number.isFinite(pause)) this.#arm(pause)
  }

  async #tick(): Promise<void> {
    const now = this.#options.clock.now()
    this.#lastStart = now
    const due = [...this.#members].filter((member) => member.writer.isDirty && (this.#retries.get(member)?.at ?? 0) <= now)
    const attempts = await this.#syncAll(due)
    const synced = attempts.filter((attempt) => attempt.entry !== null)
    await this.#commit(synced)
    for (const attempt of attempts) {
      try {
        this.#settle(attempt)
      } catch (error) {
        this.#options.onFault(error)
      }
    }
  }

  async #syncAll(members: readonly Member[]): Promise<Attempt[]> {
    const attempts: Attempt[] = []
    const queue = members.values()
    const work = async (): Promise<void> => {
      for (const member of queue) attempts.push(await syncOne(member))
    }
    await Promise.all(Array.from({ length: this.#options.syncConcurrency ?? SYNC_CONCURRENCY }, work))
    return attempts
  }

  async #commit(synced: readonly Attempt[]): Promise<void> {
    if (synced.length === 0) return
    try {
      failPoint('audio_before_commit')
      const known = await this.#options.commit(synced.map(({ entry }) => entry!))
      failPoint('audio_committed')
      for (const attempt of synced) {
        const { sessionId } = attempt.member.writer
        if (!known.has(sessionId)) attempt.error = sessionNotFound(sessionId)
      }
    } catch (error) {
      for (const attempt of synced) attempt.error = fromFileError('database', error)
    }
  }

  #settle({ member, entry, error }: Attempt): void {
    if (error) {
      const pauseMs = Math.min(MAX_RETRY_MS, (this.#retries.get(member)?.pauseMs ?? FIRST_RETRY_MS / 2) * 2)
      if (this.#members.has(member)) this.#retries.set(member, { at: this.#options.clock.now() + pauseMs, pauseMs })
      member.onFailed(error)
      return
    }
    this.#retries.delete(member)
    if (!entry || !this.#members.has(member)) return
    const before = member.writer.pendingBytes
    member.writer.committed(entry)
    this.#pendingBytes -= before - member.writer.pendingBytes
    member.onCommitted()
    failPoint('audio_acknowledged')
  }
}

async function syncOne(member: Member): Promise<Attempt> {
  try {
    return { member, entry: await member.writer.sync(), error: null }
  } catch (error) {
    return { member, entry: null, error: fromFileError('recording', error) }
  }
}
