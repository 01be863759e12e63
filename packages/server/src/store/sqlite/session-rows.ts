import type { SessionState, Tier } from '@vigia/protocol'
import type { NewSession, SessionPatch, SessionRecord } from '../store.ts'
import type { SessionRow } from './sql/schema.ts'

/** A stored row as the port gives it. */
export function toSession(row: SessionRow): SessionRecord {
  return {
    id: row.id,
    owner: row.owner,
    state: row.state as SessionState,
    format: { encoding: row.encoding, sampleRate: row.sample_rate, channels: row.channels },
    language: row.language,
    mode: row.mode,
    config: JSON.parse(row.config) as Record<string, unknown>,
    epoch: row.epoch,
    tokenHash: row.token_hash,
    createdAt: row.created_at,
    detachedAt: row.detached_at,
    endedAt: row.ended_at,
    receivedBytes: row.received_bytes,
    durationMs: row.duration_ms,
    truncated: row.truncated === 1,
    tier: row.tier as Tier,
    title: row.title,
    consent: row.consent as SessionRecord['consent'],
    speakerNames: JSON.parse(row.speaker_names) as Record<string, string>,
  }
}

export function newRow(session: NewSession, createdAt: string): SessionRow {
  return {
    id: session.id,
    owner: session.owner,
    state: 'live',
    encoding: session.format.encoding,
    sample_rate: session.format.sampleRate,
    channels: session.format.channels,
    language: session.language,
    mode: session.mode,
    config: JSON.stringify(session.config),
    epoch: 1,
    token_hash: session.tokenHash,
    created_at: createdAt,
    detached_at: null,
    ended_at: null,
    received_bytes: 0,
    duration_ms: 0,
    truncated: 0,
    tier: session.tier,
    title: null,
    consent: session.consent ?? 'unknown',
    speaker_names: '{}',
    has_final: 0,
  }
}

/** The columns that a patch changes; fields that are absent or undefined stay as they are. */
export function patchColumns(patch: SessionPatch): Partial<SessionRow> {
  const columns: Partial<SessionRow> = {
    owner: patch.owner,
    state: patch.state,
    encoding: patch.format?.encoding,
    sample_rate: patch.format?.sampleRate,
    channels: patch.format?.channels,
    language: patch.language,
    mode: patch.mode,
    config: patch.config && JSON.stringify(patch.config),
    epoch: patch.epoch,
    token_hash: patch.tokenHash,
    detached_at: patch.detachedAt,
    ended_at: patch.endedAt,
    duration_ms: patch.durationMs,
    truncated: patch.truncated === undefined ? undefined : Number(patch.truncated),
    tier: patch.tier,
    title: patch.title,
    consent: patch.consent,
    speaker_names: patch.speakerNames && JSON.stringify(patch.speakerNames),
  }
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined))
}
