import { z } from 'zod'
import { Consent, Seconds, Segment, Tier } from './common.ts'
import { Observation } from './observation.ts'
import { TurnTrace } from './server-messages.ts'

/** `live`: a client is connected; `detached`: waiting for it to come back; `ending`: being transcribed and analysed; `final`. */
export const SessionState = z.enum(['live', 'detached', 'ending', 'final'])
export type SessionState = z.infer<typeof SessionState>

export const SessionSummary = z.object({
  session_id: z.string(),
  state: SessionState,
  title: z.string().nullable(),
  language: z.string(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
  duration: Seconds,
  received_bytes: z.number().int(),
  truncated: z.boolean(),
  tier: Tier,
  speakers: z.number().int(),
  people: z.array(z.string()).optional().describe('names that users gave to its speakers'),
  segments: z.number().int(),
  frames: z.number().int(),
  tasks: z.number().int(),
  has_report: z.boolean(),
  consent: Consent,
})
export type SessionSummary = z.infer<typeof SessionSummary>

export const Gap = z.object({ start: Seconds, end: Seconds, reason: z.string() })
export type Gap = z.infer<typeof Gap>

/** One thing on the session's timeline: what was said, shown, missing or marked. */
export const TimelineItem = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('segment'), at: Seconds, segment: Segment }),
  z.object({ kind: z.literal('frame'), at: Seconds, observation: Observation }),
  z.object({ kind: z.literal('gap'), at: Seconds, gap: Gap }),
  z.object({ kind: z.literal('mark'), at: Seconds, mark: z.object({ id: z.string(), label: z.string() }) }),
])
export type TimelineItem = z.infer<typeof TimelineItem>

export const SessionDetail = SessionSummary.extend({
  encoding: z.string(),
  sample_rate: z.number().int(),
  channels: z.number().int(),
  mode: z.string(),
  client: z.record(z.string(), z.string()).nullable(),
  speaker_names: z.record(z.string(), z.string()),
  timeline: z.array(TimelineItem),
  turns: z.array(TurnTrace).optional().describe('mode "assistant": where the time of each answer went'),
})
export type SessionDetail = z.infer<typeof SessionDetail>
