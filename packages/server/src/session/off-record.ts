import { randomUUID } from 'node:crypto'
import type { Segment } from '@vigia/protocol'
import { type FileOps, readRange } from '../store/file-ops.ts'
import type { SessionRecord, Span, Store, StreamGap } from '../store/store.ts'
import type { RecordingGap, WrittenRecording } from './recording.ts'
import { msToSamples } from './stream-clock.ts'

/**
 * Spans that were taken off the record: their sound becomes silence, their words, photos and marks go, and what was made of the whole
 * (report, intermediate results of its model) is made again without them. The stream as it came is replaced by the silenced recording.
 */

/** Spans to erase, a document each: it stays until nothing of the span is left, so that what was interrupted is done again. */
const PENDING = 'off-record/pending/'
/** Spans that are erased. */
const ERASED = 'off-record/erased/'

/** Documents that hold times only, by prefix; all others may hold words, and what needs them makes them again. */
const WITHOUT_WORDS = [PENDING, ERASED, 'anchors', 'turns']

export const addOffRecord = ({ documents }: Store, sessionId: string, span: Span): Promise<void> =>
  documents.put(sessionId, PENDING + randomUUID(), span)

/** Text of a session that goes on: it stays until the end, marked, and counts no more. @returns what changed */
export async function excludeSpan(store: Store, sessionId: string, { startMs, endMs }: Span): Promise<Segment[]> {
  const [start, end] = [startMs / 1000, endMs / 1000]
  const segments = (await store.segments.list(sessionId)).filter((segment) => segment.start < end && segment.end > start)
  const marked = segments.map((segment) => ({ ...segment, excluded: 'off_record' as const, rev: segment.rev + 1 }))
  await store.segments.upsert(sessionId, marked)
  return marked.map(({ pass: _, ...segment }) => segment)
}

/** Spans of this session that are off the record, erased or about to be. */
export async function offRecordSpans({ documents }: Pick<Store, 'documents'>, sessionId: string): Promise<Span[]> {
  const all = await Promise.all([PENDING, ERASED].map((prefix) => documents.list<Span>(sessionId, prefix)))
  return all
    .flat()
    .map(({ value }) => value)
    .sort((a, b) => a.startMs - b.startMs)
}

/**
 * Erases what is pending.
 *
 * @param record - makes the derived recording where it is not there
 * @returns whether there was something
 */
export async function eraseOffRecord(
  store: Store,
  session: SessionRecord,
  record: () => Promise<WrittenRecording>,
): Promise<boolean> {
  const { documents } = store
  const pending = await documents.list<Span>(session.id, PENDING)
  if (pending.length === 0) return false
  const spans = pending.map(({ value }) => value)
  const hasSound = session.receivedBytes > 0
  const written = hasSound ? await record() : null
  const file = store.audio.pcmPath(session.id)
  const frames = await framesIn(store, session.id, spans)
  for (const id of frames) await store.frames.erase(id)
  await forgetDocuments(store, session.id, spans)
  if ((await store.reports.get(session.id))?.title === session.title) await store.sessions.update(session.id, { title: null })
  const sound = written ? { pcm: silenced(store.files, file, written.gaps, spans), gaps: toStreamGaps(written.gaps) } : null
  await store.sessions.redact(session.id, { spans, frames, sound })
  await store.files.remove(file)
  for (const { key, value } of pending) {
    await documents.put(session.id, key.replace(PENDING, ERASED), value)
    await documents.delete(session.id, key)
  }
  return true
}

const overlaps = (spans: readonly Span[], startMs: number, endMs: number): boolean =>
  spans.some((span) => span.startMs < endMs && span.endMs > startMs)

async function framesIn(store: Store, sessionId: string, spans: readonly Span[]): Promise<string[]> {
  const frames = await store.frames.list(sessionId)
  return frames.filter(({ atMs }) => atMs !== null && overlaps(spans, atMs, atMs + 1)).map(({ id }) => id)
}

async function forgetDocuments({ documents }: Store, sessionId: string, spans: readonly Span[]): Promise<void> {
  for (const { key, value } of await documents.list<{ at?: unknown } | null>(sessionId, '')) {
    if (WITHOUT_WORDS.some((prefix) => key.startsWith(prefix))) continue
    const at = key.startsWith('mark/') && typeof value?.at === 'number' ? value.at * 1000 : null
    if (at === null || overlaps(spans, at, at + 1)) await documents.delete(sessionId, key)
  }
}

const byteAt = (ms: number): number => msToSamples(ms) * 2

/** Where the gaps stand in a stream that is the recording without them. */
function toStreamGaps(gaps: readonly RecordingGap[]): StreamGap[] {
  let before = 0
  return gaps.map(({ atMs, ms, reason }) => {
    const atByte = byteAt(atMs) - before
    before += byteAt(atMs + ms) - byteAt(atMs)
    return { atByte, ms, reason }
  })
}

/** The recording less its declared gaps, zero where it is off the record. */
export async function* silenced(
  files: FileOps,
  file: string,
  gaps: readonly RecordingGap[],
  spans: readonly Span[],
): AsyncGenerator<Uint8Array> {
  const holes = spans.map(({ startMs, endMs }) => [byteAt(startMs), byteAt(endMs)] as const)
  for (const [start, end] of stretches(gaps)) {
    let at = start
    if (end <= start) continue
    for await (const bytes of readRange(files, file, start, end)) {
      for (const [from, to] of holes)
        if (from < at + bytes.length && to > at) bytes.fill(0, Math.max(0, from - at), Math.max(0, to - at))
      at += bytes.length
      yield bytes
    }
  }
}

/** Bytes between the gaps. */
function stretches(gaps: readonly RecordingGap[]): [number, number][] {
  const found: [number, number][] = []
  let at = 0
  for (const gap of gaps) {
    found.push([at, byteAt(gap.atMs)])
    at = byteAt(gap.atMs + gap.ms)
  }
  return [...found, [at, Number.POSITIVE_INFINITY]]
}
