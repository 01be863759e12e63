import type { Observation, Report, Segment, SessionState, Tier } from '@vigia/protocol'
import type { FileOps } from './file-ops.ts'

/**
 * The store port: sessions, their audio, photos, text and jobs. What a promise of this interface says is on disk is
 * fsynced. Adapters: `sqlite/` (one machine).
 */

export interface SessionFormat {
  encoding: string
  sampleRate: number
  channels: number
}

/** One session as stored. Times of day are ISO 8601. */
export interface SessionRecord {
  id: string
  /** The API key's id that opened it; null when the server is open. */
  owner: string | null
  state: SessionState
  format: SessionFormat
  language: string
  mode: string
  /** The `config` message as it came, less the token. */
  config: Record<string, unknown>
  /** Counts connections; only the newest may append. */
  epoch: number
  /** SHA-256 (hex) of the current resume token. */
  tokenHash: string
  createdAt: string
  /** When the client was last seen; the grace time counts from here. */
  detachedAt: string | null
  endedAt: string | null
  /** Durable bytes of the stream. */
  receivedBytes: number
  durationMs: number
  truncated: boolean
  tier: Tier
  title: string | null
  consent: 'unknown' | 'announced' | 'given' | 'refused'
  /** Names that users gave to speaker labels. */
  speakerNames: Record<string, string>
}

export type NewSession = Pick<SessionRecord, 'id' | 'owner' | 'format' | 'language' | 'mode' | 'config' | 'tokenHash' | 'tier'> &
  Partial<Pick<SessionRecord, 'consent'>>
export type SessionPatch = Partial<Omit<SessionRecord, 'id' | 'createdAt' | 'receivedBytes'>>

/** A declared hole in the stream: audio that never existed. `atByte` is where in the stream it lies. */
export interface StreamGap {
  atByte: number
  ms: number
  reason: string
  gapId?: string
}

/** A stretch of a session's timeline. */
export interface Span {
  startMs: number
  endMs: number
}

/** What is erased out of a session. */
export interface Redaction {
  spans: readonly Span[]
  /** Photos that were erased: alerts of them lose their words. */
  frames: readonly string[]
  /** The sound that takes the place of all that was stored: 16 kHz mono PCM16 without the declared gaps; null where there was none. */
  sound: { pcm: AsyncIterable<Uint8Array>; gaps: readonly StreamGap[] } | null
}

/** What the audio of a session holds, in stream order. */
export type AudioRecord =
  | { kind: 'audio'; offset: number; bytes: Uint8Array }
  | { kind: 'gap'; gap: StreamGap }
  | { kind: 'damage'; offset: number; length: number }

/**
 * Append-only audio of one session, in the encoding it came in. One writer at a time.
 * `append` and `gap` hand over at once and are group-committed; `durableBytes` moves when file and row are fsynced.
 */
export interface AudioLog {
  readonly sessionId: string
  /** Bytes handed over. */
  readonly appendedBytes: number
  /** Bytes on disk. Never falls. */
  readonly durableBytes: number
  /** Bytes handed over and not yet durable, over all sessions; callers stop reading their socket above a bound. */
  readonly pendingBytes: number
  /** Takes ownership of a copy: `bytes` may be reused at once. */
  append(bytes: Uint8Array): void
  /** Repeating the gap that stands at this byte (same `gapId`, or same length and reason after a resume) changes nothing; returns whether it was new. */
  gap(gap: Omit<StreamGap, 'atByte'>): boolean
  /** A client came back: the gaps that stand at the end of the stream may be declared once more without counting twice. */
  resumed(): void
  /** Resolves when everything handed over so far is durable. @throws VigiaError `storage_failed`, `storage_full` */
  flush(): Promise<void>
  /** Called after each group commit that moved this session. */
  onDurable: ((durableBytes: number) => void) | null
  /** Called once when writing begins to fail; it is tried again until it works or the log is closed. */
  onError: ((error: Error) => void) | null
  /** Flushes and releases the writer. */
  close(): Promise<void>
}

/** A segment as stored. `pass` tells live text from the final pass over the recording. */
export interface StoredSegment extends Segment {
  pass: 'live' | 'final'
}

export interface StoredFrame {
  id: string
  sessionId: string | null
  owner: string | null
  capturedAt: string
  receivedAt: string
  /** Milliseconds on the session timeline; null without a session. */
  atMs: number | null
  mime: string
  bytes: number
  dhash: string | null
  observation: Observation | null
}

/** An event that clients may read again. `seq` counts from 1 per session without holes. */
export interface StoredEvent {
  seq: number
  atMs: number
  type: string
  data: unknown
}

export interface Job {
  id: number
  kind: string
  sessionId: string
  payload: Record<string, unknown>
  attempts: number
}

export interface SearchHit {
  sessionId: string
  segmentId: string
  start: number
  speaker: string | null
  /** Text with the hit between U+E000 and U+E001. */
  snippet: string
}

export interface SessionFilter {
  owner?: string
  state?: SessionState
  /** Sessions created before this (ISO 8601), newest first. */
  before?: string
  limit?: number
}

export interface SessionCounts {
  segments: number
  speakers: number
  frames: number
  tasks: number
  hasReport: boolean
}

/** Something that someone did, or tried. Holds no content. */
export interface AuditEntry {
  /** The key that did it; null for the server itself, an open server's callers, the unknown. */
  keyId?: string | null
  action: string
  /** Stored as a hash. */
  sessionId?: string
  /** What else it was done to: the id of a key. */
  object?: string
  result: 'ok' | 'refused' | 'failed'
  ip?: string
}

export interface StoredAuditEntry {
  seq: number
  at: string
  keyId: string | null
  action: string
  object: string | null
  result: string
  ip: string | null
}

export interface Store extends AsyncDisposable {
  /** The disk below the paths that this store gives out: they are read and written through it, for it may be encrypted. */
  readonly files: FileOps
  readonly sessions: {
    /** @throws VigiaError `session_exists` */
    create(session: NewSession): Promise<SessionRecord>
    get(id: string): Promise<SessionRecord | null>
    list(filter: SessionFilter): Promise<(SessionRecord & SessionCounts)[]>
    counts(id: string): Promise<SessionCounts>
    update(id: string, patch: SessionPatch): Promise<void>
    /** Raises the epoch and sets a new token in one durable step; false when `expectedEpoch` is no longer current. */
    takeOver(id: string, expectedEpoch: number, tokenHash: string): Promise<boolean>
    /** Sets the state to `ending` and adds the finalizing job in one transaction. Repeating it changes nothing. */
    end(id: string, info: { truncated: boolean; endedAt: string; job: string }): Promise<void>
    /** Erases the session and every derivative for good. Repeating it changes nothing. */
    erase(id: string): Promise<void>
    /**
     * Erases text that touches the spans, the report, and the stored stream in favour of the given sound, for good; the session's
     * format is that of the sound from then on. No writer may be open. Repeating it changes nothing.
     */
    redact(id: string, redaction: Redaction): Promise<void>
  }
  readonly audio: {
    /** Opens the writer at the durable end; bytes beyond it are cut. Rejects while another writer is open. */
    open(sessionId: string): Promise<AudioLog>
    /**
     * Reads what is durable at the call, audio and gaps in stream order from byte `from`. Damaged blocks come as `damage`; the
     * records join without holes. In `opus` one record is one appended packet, given whole even where `from` lies in it.
     */
    read(sessionId: string, from?: number): AsyncIterable<AudioRecord>
    gaps(sessionId: string): Promise<StreamGap[]>
    /** Erases the sound of a session for good and keeps its text; false when there was none. @throws VigiaError `conflict` while it is open for writing */
    eraseRecording(sessionId: string): Promise<boolean>
    /** Path of the derived 16 kHz mono PCM16 file (no header), for `files`; it may not exist and may be made again. Its directory exists once `open` was called. */
    pcmPath(sessionId: string): string
  }
  readonly segments: {
    /** Inserts or replaces by `(session, pass, id)` when `rev` is not lower. A `final` segment makes the final pass the shown one. */
    upsert(sessionId: string, segments: readonly StoredSegment[]): Promise<void>
    /** Replaces all segments of the final pass in one transaction, keeping edited ones that the caller passes on. */
    replaceFinal(sessionId: string, segments: readonly StoredSegment[]): Promise<void>
    /** The final pass where it exists, else live; in timeline order. */
    list(sessionId: string): Promise<StoredSegment[]>
  }
  readonly events: {
    append(sessionId: string, events: readonly Omit<StoredEvent, 'seq'>[]): Promise<StoredEvent[]>
    list(sessionId: string, afterSeq: number, limit: number): Promise<StoredEvent[]>
  }
  readonly frames: {
    /** Stores image and row durably; `derived` are smaller renderings by name (`thumb`, `view`). */
    put(frame: StoredFrame, image: Uint8Array, derived?: Record<string, Uint8Array>): Promise<void>
    update(id: string, patch: Partial<Pick<StoredFrame, 'observation' | 'dhash' | 'atMs' | 'capturedAt'>>): Promise<void>
    get(id: string): Promise<StoredFrame | null>
    /** The stored bytes, as they were given. @throws VigiaError `storage_corrupt` */
    image(id: string, variant?: string): Promise<{ bytes: Buffer; mime: string } | null>
    /** In timeline order. */
    list(sessionId: string): Promise<StoredFrame[]>
    /** Photos that were stored and not described, oldest first: what a crash left undone. */
    pending(limit: number): Promise<StoredFrame[]>
    erase(id: string): Promise<void>
  }
  readonly reports: {
    put(sessionId: string, report: Report): Promise<void>
    get(sessionId: string): Promise<Report | null>
  }
  readonly jobs: {
    /** @param delayMs - not claimed before */
    add(kind: string, sessionId: string, payload?: Record<string, unknown>, delayMs?: number): Promise<number>
    /** Claims the oldest free job of the kinds for `leaseMs`; a lapsed lease frees it again. */
    claim(kinds: readonly string[], leaseMs: number): Promise<Job | null>
    extend(id: number, leaseMs: number): Promise<void>
    done(id: number): Promise<void>
    /** Frees it for another try after `retryInMs`, or for good when null. */
    fail(id: number, error: string, retryInMs: number | null): Promise<void>
    count(kinds: readonly string[]): Promise<number>
  }
  /**
   * Small documents by key: stage results, marks, settings. The session id `''` is for documents of no session.
   * `put` throws `session_not_found` for a session that is not there, so that nothing outlives an erasure.
   */
  readonly documents: {
    put(sessionId: string, key: string, value: unknown): Promise<void>
    get<T>(sessionId: string, key: string): Promise<T | null>
    list<T>(sessionId: string, prefix: string): Promise<{ key: string; value: T }[]>
    delete(sessionId: string, key: string): Promise<void>
  }
  /** Who did what: rows chained by hashes, so that one that was changed or taken out shows. */
  readonly audit: {
    /** Durable when it resolves. */
    append(entry: AuditEntry): Promise<void>
    /** Newest first. */
    list(page: { before?: number; limit: number }): Promise<StoredAuditEntry[]>
    /** Where the chain does not hold; null where it does. */
    verify(): Promise<{ brokenAt: number | null }>
    /** Forgets what is older than this (ISO 8601). */
    sweep(olderThan: string): Promise<void>
  }
  /** Full-text search over the shown segments that count (not `excluded`), diacritics-insensitive; the last word may be a beginning. */
  search(query: string, options: { owner?: string; limit: number }): Promise<SearchHit[]>
  /** Writes and fsyncs a probe. @throws VigiaError `storage_failed`, `storage_full` */
  probe(): Promise<void>
  /** Sessions that were open when the server stopped, verified: torn tails cut. Called at start. @throws VigiaError `conflict` while a recording is open */
  recover(): Promise<SessionRecord[]>
}
