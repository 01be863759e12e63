import type { VigiaError } from '@vigia/protocol'
import type { Clock } from '../../../std/clock.ts'
import { failPoint } from '../../../std/fail-point.ts'
import { Mutex } from '../../../std/mutex.ts'
import { fromFileError, sessionNotFound } from '../errors.ts'
import type { Journal } from './journal.ts'
import type { JournalRecord } from './journal-record.ts'
import type { CommitEntry, StreamWriter } from './stream-writer.ts'

/** From so many sessions on that have something new, one sync of the journal replaces one of each session's file. */
const JOURNAL_FROM = 4
/** Files synced at once unless told: one fewer than the threads of libuv's default pool, so that other file work still moves. */
const SYNC_CONCURRENCY = 3
/** Pause before a failed session is tried again; doubles up to the second value. */
const FIRST_RETRY_MS = 250
const MAX_RETRY_MS = 5000
/** Each tick costs a record and an event per session: with many of them ticks come less often. */
const MS_PER_SESSION = 16
/** On a slow disk a tick fills this share of its time at most. */
const MAX_TICK_SHARE = 0.1
/** Longest pause between a first byte and its commit: a client waits so long for its acknowledgement. */
const MAX_PACE_MS = 1000
/**
 * With more bytes waiting than this, in all and per session, a tick does not wait: clients send faster than real time (a second of
 * 16 kHz PCM16 is 32 kB), and memory and they are held up by it.
 */
const EAGER_BYTES = 1024 * 1024
const EAGER_BYTES_PER_SESSION = 48 * 1024

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
  /** What has a place in its file and is not safe; null for nothing. */
  record: JournalRecord | null
  entry: CommitEntry | null
  error: VigiaError | null
}

export interface GroupCommitOptions {
  /** Pause between a first byte and its commit; longer where a tick takes long. */
  flushMs: number
  clock: Clock
  /** Records all entries in one durable transaction; gives the sessions that (still) exist. */
  commit: (entries: readonly CommitEntry[]) => Promise<ReadonlySet<string>>
  /** What makes many sessions durable at once; without it each file is synced. */
  journal?: Pick<Journal, 'append' | 'checkpoint' | 'isDue' | 'isOverfull'>
  /** Sessions from which on it is used. */
  journalFrom?: number
  /** Files written or synced at once. */
  syncConcurrency?: number
  /** A callback of a member threw. */
  onFault: (error: unknown) => void
}

/**
 * One tick for all sessions: make safe what each one has, then one transaction, then tell them. The next tick begins when this one has
 * ended (and `flushMs` after it began at the earliest), so a slow disk makes groups larger instead of queues longer. What the journal
 * made safe is written to the sessions' files when there is more of it, or when {@link write} asks.
 */
export class GroupCommit {
  readonly #options: GroupCommitOptions
  readonly #members = new Set<Member>()
  readonly #retries = new Map<Member, { at: number; pauseMs: number }>()
  /** Whoever holds it may use the writers. */
  readonly #turn = new Mutex()
  #cancelTimer: (() => void) | null = null
  #running: Promise<void> | null = null
  #again = false
  #pendingBytes = 0
  #lastStart = 0
  /** How long a tick takes, smoothed. */
  #tickMs = 0
  /** The timer that runs is the shortest there is. */
  #isEager = false

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
    if (this.#running !== null) return
    if (this.#cancelTimer === null) this.#arm(this.#paceMs)
    else if (this.#isUrgent && !this.#isEager) this.#arm(this.#options.flushMs)
  }

  get #isUrgent(): boolean {
    return this.#pendingBytes > Math.max(EAGER_BYTES, this.#members.size * EAGER_BYTES_PER_SESSION)
  }

  /** From a first byte to its commit. */
  get #paceMs(): number {
    const { flushMs } = this.#options
    if (this.#isUrgent) return flushMs
    const wanted = Math.max(this.#members.size * MS_PER_SESSION, this.#tickMs / MAX_TICK_SHARE)
    return Math.max(flushMs, Math.min(MAX_PACE_MS, wanted))
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

  /** Runs `task` between two ticks: writers are used by one at a time. */
  async between<T>(task: () => Promise<T>): Promise<T> {
    return await this.#turn.run(task)
  }

  /** Writes all that is placed to its files; gives the sessions of which something is not there. */
  async write(): Promise<ReadonlySet<string>> {
    return await this.between(async () => {
      await this.#each(this.#members, async ({ writer }) => await writer.write())
      const behind = [...this.#members].filter(({ writer }) => writer.isBehind)
      if (behind.length > 0 && this.#running === null) this.#armNext()
      return new Set(behind.map(({ writer }) => writer.sessionId))
    })
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
    this.#cancelTimer?.()
    this.#isEager = ms <= this.#options.flushMs
    this.#cancelTimer = this.#options.clock.setTimeout(() => {
      this.#cancelTimer = null
      void this.#start()
    }, ms)
  }

  async #start(): Promise<void> {
    this.#cancelTimer?.()
    this.#cancelTimer = null
    this.#running ??= this.#turnOf(() => this.#tick()).finally(() => {
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

  /** A journal that is far too long is replaced first: its files are written between ticks. */
  async #turnOf(tick: () => Promise<void>): Promise<void> {
    const { journal, onFault } = this.#options
    if (journal?.isOverfull) await journal.checkpoint().catch(onFault)
    await this.#turn.run(tick)
  }

  async #tick(): Promise<void> {
    const now = this.#options.clock.now()
    this.#lastStart = now
    const due = [...this.#members].filter((member) => member.writer.isDirty && (this.#retries.get(member)?.at ?? 0) <= now)
    const attempts: Attempt[] = due.map((member) => ({ member, record: member.writer.place(), entry: null, error: null }))
    await this.#secure(attempts)
    for (const attempt of attempts) if (!attempt.error) attempt.entry = attempt.member.writer.entry()
    await this.#commit(attempts.filter(({ entry }) => entry !== null))
    this.#tickMs += (this.#options.clock.now() - now - this.#tickMs) / 4
    for (const attempt of attempts) this.#settle(attempt)
    // when all are counted: who listens may look at what still waits
    for (const attempt of attempts) {
      try {
        this.#tell(attempt)
      } catch (error) {
        this.#options.onFault(error)
      }
    }
    const full = due.filter(({ writer }) => writer.isFull && !writer.isBroken)
    await this.#each(full, async ({ writer }) => await writer.write())
    this.#replaceJournal()
  }

  /** Makes what is placed safe: in the journal, or, for few sessions, a broken file and where that fails, in each file. */
  async #secure(attempts: readonly Attempt[]): Promise<void> {
    const records = attempts.flatMap(({ member, record }) => (record && !member.writer.isBroken ? [record] : []))
    const isSafe = await this.#journalled(records)
    const others = attempts.filter(({ member, record }) => member.writer.isBroken || (record && !isSafe))
    await this.#each(others, async (attempt) => {
      try {
        await attempt.member.writer.secure()
      } catch (error) {
        attempt.error = fromFileError('recording', error)
      }
    })
  }

  async #journalled(records: readonly JournalRecord[]): Promise<boolean> {
    const { journal, journalFrom = JOURNAL_FROM } = this.#options
    if (!journal || journal.isOverfull || records.length < journalFrom) return false
    return await journal.append(records).then(
      () => true,
      () => false,
    )
  }

  /** Beside the ticks: they go on meanwhile. */
  #replaceJournal(): void {
    const { journal, onFault } = this.#options
    if (journal?.isDue) journal.checkpoint().catch(onFault)
  }

  /** Does one thing for each, some at a time; what fails costs the others nothing: the writer knows it. */
  async #each<T>(all: Iterable<T>, task: (one: T) => Promise<void>): Promise<void> {
    const queue = all[Symbol.iterator]()
    const work = async (): Promise<void> => {
      for (let next = queue.next(); !next.done; next = queue.next()) await task(next.value).catch(() => {})
    }
    await Promise.all(Array.from({ length: this.#options.syncConcurrency ?? SYNC_CONCURRENCY }, work))
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
      return
    }
    this.#retries.delete(member)
    if (!entry || !this.#members.has(member)) return
    const before = member.writer.pendingBytes
    member.writer.committed(entry)
    this.#pendingBytes -= before - member.writer.pendingBytes
  }

  #tell({ member, entry, error }: Attempt): void {
    if (error) {
      member.onFailed(error)
    } else if (entry && this.#members.has(member)) {
      member.onCommitted()
      failPoint('audio_acknowledged')
    }
  }
}
