import { dirname } from 'node:path'
import { sql } from 'kysely'
import type { Redaction, Span } from '../store.ts'
import { BLOCK_HEADER_BYTES, sealBlock } from './audio/block.ts'
import { loadManifest } from './audio/manifest.ts'
import { SEGMENT_BYTES, type SegmentMeta } from './audio/segment-writer.ts'
import { atomically, type StoreContext } from './context.ts'
import type { Eraser } from './erase.ts'
import { fromFileError, sessionNotFound } from './errors.ts'

/**
 * Spans of a session erased for good. The new sound is written beside the old one; one transaction makes it the session's sound and
 * takes the text out; then the old files go, and nothing of deleted rows stays in the database's files. It may be interrupted anywhere
 * and done again.
 */

/** Bytes of sound in one block. */
const BLOCK_BYTES = 256 * 1024

export async function redact(context: StoreContext, eraser: Eraser, sessionId: string, redaction: Redaction): Promise<void> {
  const { db, client } = context
  const manifest = await loadManifest(db, sessionId)
  if (!manifest) throw sessionNotFound(sessionId)
  const old = manifest.segments.map(({ no }) => no)
  const sound = redaction.sound ? await writeSound(context, sessionId, redaction.sound.pcm, (old.at(-1) ?? 0) + 1) : null
  await atomically(client, [
    ...(sound ? swapSound(context, sessionId, sound, redaction.sound!.gaps, old) : []),
    ...redaction.spans.flatMap((span) => eraseText(context, sessionId, span)),
    ...redaction.frames.map((id) => compiled(context, blankAlert(sessionId, id))),
    db.deleteFrom('reports').where('session_id', '=', sessionId),
  ])
  await eraser.finishAudio(sessionId)
}

type Queries = Parameters<typeof atomically>[1]

const compiled = ({ db }: StoreContext, query: { compile(db: StoreContext['db']): ReturnType<Queries[number]['compile']> }) => ({
  compile: () => query.compile(db),
})

function swapSound(
  { db }: StoreContext,
  sessionId: string,
  { segments, bytes }: WrittenSound,
  gaps: readonly { atByte: number; ms: number; reason: string }[],
  old: readonly number[],
): Queries {
  const erased = { kind: 'audio' as const, id: sessionId, frames: JSON.stringify(old) }
  return [
    db
      .insertInto('erasures')
      .values(erased)
      .onConflict((conflict) => conflict.doUpdateSet({ frames: erased.frames })),
    db.deleteFrom('audio_segments').where('session_id', '=', sessionId),
    db.deleteFrom('gaps').where('session_id', '=', sessionId),
    ...segments.map(({ no, startByte, endByte, length }) =>
      db.insertInto('audio_segments').values({ session_id: sessionId, no, start_byte: startByte, end_byte: endByte, length }),
    ),
    ...gaps.map(({ atByte, ms, reason }, i) =>
      db.insertInto('gaps').values({ session_id: sessionId, no: i + 1, at_byte: atByte, ms, reason, gap_id: null }),
    ),
    db
      .updateTable('sessions')
      .set({ received_bytes: bytes, encoding: 'pcm16', sample_rate: 16_000, channels: 1 })
      .where('id', '=', sessionId),
  ]
}

/** Text that touches the span, in segments (and by their triggers in the search index) and in events. */
function eraseText(context: StoreContext, sessionId: string, { startMs, endMs }: Span): Queries {
  const [start, end] = [startMs / 1000, endMs / 1000]
  return [
    context.db.deleteFrom('segments').where('session_id', '=', sessionId).where('start_s', '<', end).where('end_s', '>', start),
    compiled(
      context,
      sql`UPDATE events SET data = json_object('segment', json_object('id', data ->> '$.segment.id',
          'start', data ->> '$.segment.start', 'end', data ->> '$.segment.end', 'text', '', 'excluded', 'off_record',
          'rev', data ->> '$.segment.rev'))
        WHERE session_id = ${sessionId} AND type = 'segment'
          AND data ->> '$.segment.start' < ${end} AND data ->> '$.segment.end' > ${start}`,
    ),
  ]
}

const blankAlert = (sessionId: string, frameId: string) => sql`
  UPDATE events SET data = json_object('frame_id', data ->> '$.frame_id', 'what', '', 'severity', data ->> '$.severity')
  WHERE session_id = ${sessionId} AND type = 'alert' AND data ->> '$.frame_id' = ${frameId}`

interface WrittenSound {
  segments: SegmentMeta[]
  bytes: number
}

/** Segment files from number `firstNo` on, synced. Until rows name them they are strays, which the next writer removes. */
async function writeSound(
  { files, paths }: StoreContext,
  sessionId: string,
  pcm: AsyncIterable<Uint8Array>,
  firstNo: number,
): Promise<WrittenSound> {
  const segments: SegmentMeta[] = []
  let bytes = 0
  let file: Awaited<ReturnType<typeof files.open>> | null = null
  const endFile = async (): Promise<void> => {
    await file?.sync()
    await file?.close()
    file = null
  }
  try {
    for await (const piece of blocksOf(pcm)) {
      let segment = segments.at(-1)
      if (!segment || !file || segment.length >= SEGMENT_BYTES) {
        await endFile()
        segment = { no: firstNo + segments.length, startByte: bytes, endByte: bytes, length: 0 }
        segments.push(segment)
        file = await files.open(paths.audioSegment(sessionId, segment.no), { fresh: true })
      }
      const block = Buffer.alloc(BLOCK_HEADER_BYTES + piece.length)
      block.set(piece, BLOCK_HEADER_BYTES)
      sealBlock(block, 'audio', bytes)
      await file.write([block], segment.length)
      bytes += piece.length
      segment.length += block.length
      segment.endByte = bytes
    }
    await endFile()
    if (segments[0]) await files.syncDir(dirname(paths.audioSegment(sessionId, segments[0].no)))
  } catch (error) {
    await file?.close().catch(() => {})
    throw fromFileError('recording', error)
  }
  return { segments, bytes }
}

async function* blocksOf(pcm: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of pcm) {
    for (let at = 0; at < chunk.length; at += BLOCK_BYTES) yield chunk.subarray(at, at + BLOCK_BYTES)
  }
}
