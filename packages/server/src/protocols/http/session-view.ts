import type { Marked, SessionDetail, SessionSummary, TimelineItem } from '@vigia/protocol'
import type { TurnTrace } from '../../session/assistant.ts'
import type { SessionCounts, SessionRecord, StoredFrame, StoredSegment, StreamGap } from '../../store/store.ts'
import { toWireTrace } from '../native/replies.ts'

/** Stored sessions as the wire shows them: seconds, snake case. Pure. */

const seconds = (ms: number): number => Math.round(ms) / 1000

export function toSummary(session: SessionRecord, counts: SessionCounts): SessionSummary {
  return {
    session_id: session.id,
    state: session.state,
    title: session.title,
    language: session.language,
    created_at: session.createdAt,
    ended_at: session.endedAt,
    duration: seconds(session.durationMs),
    received_bytes: session.receivedBytes,
    truncated: session.truncated,
    tier: session.tier,
    speakers: counts.speakers,
    people: [...new Set(Object.values(session.speakerNames))],
    segments: counts.segments,
    frames: counts.frames,
    tasks: counts.tasks,
    has_report: counts.hasReport,
    consent: session.consent,
  }
}

/** A stretch of the timeline without good audio. */
export interface TimelineGap {
  atMs: number
  ms: number
  reason: string
}

export interface TimelineParts {
  segments: readonly StoredSegment[]
  frames: readonly StoredFrame[]
  gaps: readonly TimelineGap[]
  marks: readonly Marked[]
  /** Where the time of each answer went. */
  turns?: readonly TurnTrace[] | undefined
}

export function toDetail(session: SessionRecord, counts: SessionCounts, parts: TimelineParts): SessionDetail {
  return {
    ...toSummary(session, counts),
    encoding: session.format.encoding,
    sample_rate: session.format.sampleRate,
    channels: session.format.channels,
    mode: session.mode,
    client: clientOf(session),
    speaker_names: session.speakerNames,
    timeline: toTimeline(parts),
    ...(parts.turns && parts.turns.length > 0 ? { turns: parts.turns.map(toWireTrace) } : {}),
  }
}

function clientOf(session: SessionRecord): Record<string, string> | null {
  const client = session.config.client
  if (client === null || typeof client !== 'object') return null
  return Object.fromEntries(Object.entries(client).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** Everything on the timeline, in order. */
export function toTimeline({ segments, frames, gaps, marks }: TimelineParts): TimelineItem[] {
  const items: TimelineItem[] = [
    ...segments.map(({ pass: _, ...segment }): TimelineItem => ({ kind: 'segment', at: segment.start, segment })),
    ...frames.flatMap(({ observation, atMs }): TimelineItem[] =>
      observation ? [{ kind: 'frame', at: seconds(atMs ?? 0), observation }] : [],
    ),
    ...gaps.map(({ atMs, ms, reason }): TimelineItem => {
      const start = seconds(atMs)
      return { kind: 'gap', at: start, gap: { start, end: seconds(atMs + ms), reason } }
    }),
    ...marks.map(({ at, id, label }): TimelineItem => ({ kind: 'mark', at, mark: { id, label } })),
  ]
  return items.sort((a, b) => a.at - b.at)
}

const SAMPLE_BYTES: Readonly<Record<string, number>> = { pcm16: 2, pcm_f32: 4, mulaw: 1, alaw: 1 }

/**
 * Where declared gaps lie, for encodings whose bytes are samples; null for the others, whose times only decoding tells.
 *
 * @param gaps - in stream order
 */
export function placeGaps(format: SessionRecord['format'], gaps: readonly StreamGap[]): TimelineGap[] | null {
  const sampleBytes = SAMPLE_BYTES[format.encoding]
  if (sampleBytes === undefined) return null
  const bytesPerMs = (sampleBytes * format.sampleRate * format.channels) / 1000
  let earlierMs = 0
  return gaps.map(({ atByte, ms, reason }) => {
    const atMs = atByte / bytesPerMs + earlierMs
    earlierMs += ms
    return { atMs, ms, reason }
  })
}
