import type { Kysely } from 'kysely'
import type { Database } from '../sql/schema.ts'
import type { AudioManifest } from './read-audio.ts'
import type { NumberedGap } from './stream-writer.ts'

/** The durable audio of a session as the database has it. */
export interface SessionAudio extends AudioManifest {
  gaps: NumberedGap[]
  /** One append is one record: raw packets, whose bounds are part of the stream. */
  packets: boolean
}

/** Null when there is no such session. */
export async function loadManifest(db: Kysely<Database>, sessionId: string): Promise<SessionAudio | null> {
  const [session, segments, gaps] = await Promise.all([
    db.selectFrom('sessions').select(['received_bytes', 'encoding']).where('id', '=', sessionId).executeTakeFirst(),
    db.selectFrom('audio_segments').selectAll().where('session_id', '=', sessionId).orderBy('no').execute(),
    db.selectFrom('gaps').selectAll().where('session_id', '=', sessionId).orderBy('no').execute(),
  ])
  if (!session) return null
  return {
    receivedBytes: session.received_bytes,
    packets: session.encoding === 'opus',
    segments: segments.map(({ no, start_byte, end_byte, length }) => ({ no, startByte: start_byte, endByte: end_byte, length })),
    gaps: gaps.map(({ no, at_byte, ms, reason, gap_id }) => ({
      no,
      atByte: at_byte,
      ms,
      reason,
      ...(gap_id === null ? {} : { gapId: gap_id }),
    })),
  }
}
