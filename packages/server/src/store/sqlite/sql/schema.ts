import type { Generated } from 'kysely'

/** The tables as they are after the last migration. Times of day are ISO 8601, JSON is text, booleans are 0 and 1. */
export interface Database {
  sessions: SessionRow
  audio_segments: AudioSegmentRow
  gaps: GapRow
  segments: SegmentRow
  events: EventRow
  frames: FrameRow
  reports: ReportRow
  jobs: JobRow
  documents: DocumentRow
  erasures: ErasureRow
  audit: AuditRow
  probe: { id: number; at: string }
}

export interface AuditRow {
  seq: number
  at: string
  key_id: string | null
  action: string
  object: string | null
  result: string
  ip: string | null
  /** SHA-256 over the row and the hash of the one before. */
  hash: string
}

export interface SessionRow {
  id: string
  owner: string | null
  state: string
  encoding: string
  sample_rate: number
  channels: number
  language: string
  mode: string
  config: string
  epoch: number
  token_hash: string
  created_at: string
  detached_at: string | null
  ended_at: string | null
  received_bytes: number
  duration_ms: number
  truncated: number
  tier: string
  title: string | null
  consent: string
  speaker_names: string
  /** 1 when the final pass over the recording has replaced the live text. */
  has_final: number
}

/** The manifest of audio files: `length` bytes of file `no` are durable and hold the stream from `start_byte` to `end_byte`. */
export interface AudioSegmentRow {
  session_id: string
  no: number
  start_byte: number
  end_byte: number
  length: number
}

export interface GapRow {
  session_id: string
  /** Order of declaration within the session, from 1. */
  no: number
  at_byte: number
  ms: number
  reason: string
  gap_id: string | null
}

export interface SegmentRow {
  rowid: Generated<number>
  session_id: string
  pass: string
  id: string
  rev: number
  start_s: number
  end_s: number
  speaker: string | null
  excluded: string | null
  text: string
  /** The other fields of the segment, JSON. */
  data: string
}

export interface EventRow {
  session_id: string
  seq: number
  at_ms: number
  type: string
  data: string
}

export interface FrameRow {
  id: string
  session_id: string | null
  owner: string | null
  captured_at: string
  received_at: string
  at_ms: number | null
  mime: string
  bytes: number
  dhash: string | null
  observation: string | null
  /** Names of the stored renderings, JSON array. */
  variants: string
  /** SHA-256 (hex) by file name, JSON object; null for photos of before there were checksums. */
  checksums: string | null
}

export interface ReportRow {
  session_id: string
  tasks: number
  data: string
}

export interface JobRow {
  id: Generated<number>
  kind: string
  session_id: string
  payload: string
  attempts: Generated<number>
  /** Milliseconds since 1970. */
  run_at: number
  leased_until: number | null
  state: 'open' | 'failed'
  error: string | null
}

export interface DocumentRow {
  session_id: string
  key: string
  value: string
}

/** Erasures that began: finished at the next start when the process died in between. */
export interface ErasureRow {
  kind: 'session' | 'frame' | 'audio'
  id: string
  /** Frames whose files go with a session, JSON array of ids. */
  frames: string
}
