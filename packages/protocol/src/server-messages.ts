import { z } from 'zod'
import { EngineInfo, Seconds, Segment, Tier } from './common.ts'
import { ERROR_CODES, type ErrorCode } from './errors.ts'
import { Danger, Observation } from './observation.ts'
import { Report } from './report.ts'

/** What one session may ask of the server. */
export const Limits = z.object({
  max_message_bytes: z.number().int(),
  max_image_bytes: z.number().int(),
  max_session_s: z.number(),
  max_inflight_bytes: z.number().int(),
  grace_s: z.number(),
  idle_s: z.number(),
})
export type Limits = z.infer<typeof Limits>

export const ConfigAckMessage = z.object({
  type: z.literal('config_ack'),
  message: z.string(),
  session_id: z.string(),
  resume_token: z.string(),
  received_bytes: z.number().int().nonnegative(),
  tier: Tier,
  engines: z.record(z.string(), EngineInfo),
  limits: Limits,
})
export const AckMessage = z.object({
  type: z.literal('ack'),
  received_bytes: z.number().int().nonnegative().describe('durable bytes of the stream, cumulative'),
  chunk_id: z.union([z.string(), z.number()]).optional().describe('the newest chunk that is durable'),
})
export const SpeechStartedMessage = z.object({ type: z.literal('speech_started'), at: Seconds })
export const SpeechStoppedMessage = z.object({ type: z.literal('speech_stopped'), at: Seconds })
export const PartialResultMessage = z.object({
  type: z.literal('partial_result'),
  text: z.string(),
  utterance_id: z.string(),
  start: Seconds,
  confirmed: z.number().int().nonnegative().optional().describe('length of the prefix of `text` that will not change'),
})
export const SegmentMessage = Segment.extend({ type: z.literal('segment') })
export const FinalResultMessage = z.object({
  type: z.literal('final_result'),
  session_id: z.string().optional(),
  text: z.string(),
  duration: Seconds,
  segments: z.array(Segment),
  truncated: z.boolean().optional(),
})
export const AnalysisProgressMessage = z.object({
  type: z.literal('analysis_progress'),
  stage: z.string(),
  done: z.number().nonnegative(),
  total: z.number().nonnegative(),
})
export const AnalysisMessage = z.object({ type: z.literal('analysis'), report: Report })
export const ObservationMessage = z.object({ type: z.literal('observation'), observation: Observation })
export const AlertMessage = Danger.omit({ certainty: true }).extend({ type: z.literal('alert'), frame_id: z.string() })
/** The user's turn as the assistant took it. A higher `revision` replaces a lower one of the same turn. */
export const TurnMessage = z.object({
  type: z.literal('turn'),
  turn_id: z.string(),
  revision: z.number().int().nonnegative(),
  text: z.string(),
  status: z.enum(['answered', 'ignored']),
  reason: z.string().optional().describe('why it was ignored'),
})
export const ReplyStartedMessage = z.object({
  type: z.literal('reply_started'),
  reply_id: z.number().int(),
  turn_id: z.string().optional(),
})
export const ReplyTextMessage = z.object({
  type: z.literal('reply_text'),
  reply_id: z.number().int(),
  fragment: z.number().int().nonnegative().optional().describe('counts from 0'),
  text: z.string(),
})
export const ReplyAudioMessage = z.object({
  type: z.literal('reply_audio'),
  reply_id: z.number().int(),
  bytes: z.number().int().describe('length of the binary message that follows'),
  sample_rate: z.number().int(),
  encoding: z.enum(['pcm16', 'opus']),
  start_ms: z.number().nonnegative().describe('where this audio lies in the answer'),
})
export const ReplyDoneMessage = z.object({ type: z.literal('reply_done'), reply_id: z.number().int(), text: z.string() })
export const ReplyInterruptedMessage = z.object({
  type: z.literal('reply_interrupted'),
  reply_id: z.number().int(),
  heard_text: z.string().optional(),
  reason: z.string().optional(),
})
export const ReplyPausedMessage = z.object({
  type: z.literal('reply_paused'),
  reply_id: z.number().int().describe('hold its sound until `reply_resumed` or `reply_interrupted`'),
})
export const ReplyResumedMessage = z.object({ type: z.literal('reply_resumed'), reply_id: z.number().int() })
export const ToolCallMessage = z.object({
  type: z.literal('tool_call'),
  reply_id: z.number().int(),
  call_id: z.string(),
  name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
})
export const ToolCancelMessage = z.object({ type: z.literal('tool_cancel'), call_ids: z.array(z.string()) })
export const NeedFrameMessage = z.object({
  type: z.literal('need_frame'),
  reason: z.enum(['none', 'stale']),
  max_age: Seconds.describe('a photo not older than this helps'),
})
export const DecisionMessage = z.object({
  type: z.literal('decision'),
  at: Seconds,
  decision: z.string(),
  reason: z.string(),
  turn_id: z.string().optional(),
  revision: z.number().int().optional(),
  reply_id: z.number().int().optional(),
  values: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
})

/** Where the time of one turn went, seconds; the parts add up. */
export const TurnTrace = z.object({
  turn_id: z.string(),
  revision: z.number().int(),
  reply_id: z.number().int(),
  speech_ended_at: z.string().describe('ISO 8601'),
  parts: z.object({
    turn_end: z.number().nullable(),
    final_text: z.number().nullable(),
    requested: z.number().nullable(),
    first_token: z.number().nullable(),
    first_sentence: z.number().nullable(),
    first_audio: z.number().nullable(),
    first_sent: z.number().nullable(),
    heard: z.number().nullable(),
  }),
  total: z.number().describe('end of speech to first audio sent'),
})
export type WireTurnTrace = z.infer<typeof TurnTrace>
export const TurnTraceMessage = TurnTrace.extend({ type: z.literal('turn_trace') })
export const DegradedMessage = z.object({ type: z.literal('degraded'), tier: Tier, reason: z.string() })
export const GoingAwayMessage = z.object({ type: z.literal('going_away'), in_ms: z.number().nonnegative() })
export const PongMessage = z.object({ type: z.literal('pong') })
export const ErrorMessage = z.object({
  type: z.literal('error'),
  code: z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]),
  message: z.string(),
  hint: z.string().optional(),
  retryable: z.boolean(),
  item: z.string().optional().describe('the utterance, frame or chunk that the error is about'),
})

/** Every message the server may send, by `type`. */
export const SERVER_MESSAGES = {
  config_ack: ConfigAckMessage,
  ack: AckMessage,
  speech_started: SpeechStartedMessage,
  speech_stopped: SpeechStoppedMessage,
  partial_result: PartialResultMessage,
  segment: SegmentMessage,
  final_result: FinalResultMessage,
  analysis_progress: AnalysisProgressMessage,
  analysis: AnalysisMessage,
  observation: ObservationMessage,
  alert: AlertMessage,
  turn: TurnMessage,
  reply_started: ReplyStartedMessage,
  reply_text: ReplyTextMessage,
  reply_audio: ReplyAudioMessage,
  reply_done: ReplyDoneMessage,
  reply_interrupted: ReplyInterruptedMessage,
  reply_paused: ReplyPausedMessage,
  reply_resumed: ReplyResumedMessage,
  tool_call: ToolCallMessage,
  tool_cancel: ToolCancelMessage,
  need_frame: NeedFrameMessage,
  decision: DecisionMessage,
  turn_trace: TurnTraceMessage,
  degraded: DegradedMessage,
  going_away: GoingAwayMessage,
  pong: PongMessage,
  error: ErrorMessage,
} as const

export const ServerMessage = z.discriminatedUnion('type', [
  ConfigAckMessage,
  AckMessage,
  SpeechStartedMessage,
  SpeechStoppedMessage,
  PartialResultMessage,
  SegmentMessage,
  FinalResultMessage,
  AnalysisProgressMessage,
  AnalysisMessage,
  ObservationMessage,
  AlertMessage,
  TurnMessage,
  ReplyStartedMessage,
  ReplyTextMessage,
  ReplyAudioMessage,
  ReplyDoneMessage,
  ReplyInterruptedMessage,
  ReplyPausedMessage,
  ReplyResumedMessage,
  ToolCallMessage,
  ToolCancelMessage,
  NeedFrameMessage,
  DecisionMessage,
  TurnTraceMessage,
  DegradedMessage,
  GoingAwayMessage,
  PongMessage,
  ErrorMessage,
])
export type ServerMessage = z.infer<typeof ServerMessage>
export type ServerMessageOf<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>
