import { z } from 'zod'
import { Consent, Seconds, Segment } from './common.ts'
import { Observation, Severity } from './observation.ts'

/** Ids of the segments or frames that prove a statement. Never empty. */
export const Evidence = z.array(z.string()).min(1)

export const TranscriptItem = Segment.omit({ rev: true }).extend({ speaker: z.string() })
export type TranscriptItem = z.infer<typeof TranscriptItem>

export const ActionItem = z.object({
  title: z.string(),
  description: z.string(),
  steps: z.array(z.string()),
  id: z.string(),
  owner: z.object({ speaker: z.string().optional(), name: z.string().optional() }).nullable(),
  due: z.object({ iso: z.string().optional(), text: z.string(), certainty: z.enum(['firm', 'tentative']) }).nullable(),
  evidence: Evidence,
  quote: z.string(),
  confidence: z.number().min(0).max(1),
  status: z.enum(['open', 'done', 'dismissed']),
  origin: z.enum(['cue', 'llm', 'user']),
  stale: z.boolean().optional().describe('a cited segment was edited after this item was made'),
  dismissed_because: z.string().optional().describe('what the user said when dismissing it'),
})
export type ActionItem = z.infer<typeof ActionItem>

export const Finding = z.object({
  id: z.string(),
  kind: z.enum(['decision', 'risk', 'question']),
  text: z.string(),
  why: z.string().optional(),
  severity: Severity.optional(),
  source: z.enum(['said', 'shown']).optional(),
  supersedes: z.string().optional(),
  evidence: Evidence,
  quote: z.string(),
  confidence: z.number().min(0).max(1).optional(),
  origin: z.enum(['cue', 'llm', 'user']).optional(),
  status: z.enum(['open', 'dismissed', 'superseded']).optional(),
  stale: z.boolean().optional(),
  dismissed_because: z.string().optional().describe('what the user said when dismissing it'),
})
export type Finding = z.infer<typeof Finding>

export const SummaryPoint = z.object({ text: z.string(), evidence: Evidence })
export type SummaryPoint = z.infer<typeof SummaryPoint>

export const Participant = z.object({
  speaker: z.string(),
  name: z.string().optional(),
  name_evidence: z.array(z.string()).optional(),
  talk_time: z.number().nonnegative().describe('seconds'),
})
export type Participant = z.infer<typeof Participant>

export const AnalysisInfo = z.object({
  method: z.enum(['llm', 'extractive']),
  engine: z.string(),
  model: z.string().optional(),
  revision: z.number().int().nonnegative(),
  transcript_revision: z.number().int().nonnegative().optional(),
  warnings: z.array(z.object({ code: z.string(), message: z.string(), count: z.number().int().optional() })),
  dropped: z.record(z.string(), z.number().int()).describe('how many elements were dropped, by reason'),
})
export type AnalysisInfo = z.infer<typeof AnalysisInfo>

/**
 * The analysis of a session. `session_id … risks` are the fixed core that consumers may rely on; the rest are additions.
 * Times are seconds.
 */
export const Report = z.object({
  session_id: z.string(),
  language: z.string(),
  transcript: z.array(TranscriptItem),
  summary: z.string(),
  action_items: z.array(ActionItem),
  risks: z.array(z.string()),
  decisions: z.array(z.string()),
  open_questions: z.array(z.string()),
  findings: z.array(Finding),
  suggested_actions: z
    .array(ActionItem)
    .optional()
    .describe('tasks beyond what talk of this length holds, the least sure ones: to take on or to dismiss'),
  summary_points: z.array(SummaryPoint),
  title: z.string().optional(),
  chapters: z.array(z.object({ title: z.string(), start: Seconds, end: Seconds, evidence: Evidence })).optional(),
  participants: z.array(Participant),
  frames: z.array(Observation),
  duration: Seconds,
  truncated: z.boolean().optional(),
  consent: Consent.optional().describe('what those who were recorded said to it; the session has what it is now'),
  engines: z.record(z.string(), z.string()).optional(),
  analysis: AnalysisInfo,
})
export type Report = z.infer<typeof Report>
