import { z } from 'zod'
import { Consent, Encoding, SessionId } from './common.ts'

/** A tool that the client runs itself. */
export const ClientToolSpec = z.object({
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  description: z.string().max(2000),
  parameters: z.record(z.string(), z.unknown()).default({}).describe('JSON Schema of the arguments'),
  effect: z.enum(['read', 'mutating']).default('mutating').describe('`read` may be cancelled and repeated'),
})

/** How the assistant behaves in this session; mode "assistant" only. */
export const AssistantConfig = z.object({
  listen: z
    .enum(['conversation', 'always_on', 'push_to_talk'])
    .default('conversation')
    .describe('one to one; open talk, silent unless addressed; only between `activity` start and end'),
  names: z.array(z.string().min(1).max(50)).max(10).optional().describe('names it answers to'),
  instructions: z.string().max(8000).optional(),
  barge_in: z.boolean().default(true),
  voice_id: z.string().max(100).optional().describe('one of GET /voices'),
  speed: z.number().min(0.5).max(2).optional(),
  output: z
    .object({
      sample_rate: z.number().int().min(8000).max(48_000).optional().describe("the session's own by default"),
      encoding: z.enum(['pcm16', 'opus']).default('pcm16'),
    })
    .optional(),
  tools: z.array(ClientToolSpec).max(64).optional(),
})
export type AssistantConfig = z.infer<typeof AssistantConfig>

/** First message of a session. Every field has a default. */
export const ConfigMessage = z.object({
  type: z.literal('config'),
  session_id: SessionId.optional(),
  sample_rate: z.number().int().min(8000).max(48000).default(16000).describe('Hz; ignored for containers that state their own'),
  encoding: Encoding.default('pcm16'),
  channels: z.number().int().min(1).max(2).default(1),
  language: z.string().min(2).max(16).default('es').describe('BCP 47 tag, or "auto"'),
  mode: z.enum(['transcribe', 'assistant']).default('transcribe'),
  results: z.enum(['stream', 'blocks', 'end']).default('stream'),
  block_ms: z.number().int().min(500).max(60_000).default(5000),
  diarize: z.boolean().default(true),
  analyze: z.boolean().default(true),
  resume_token: z.string().max(512).optional(),
  speakers: z.number().int().min(1).max(20).optional().describe('number of speakers, when known'),
  consent: Consent.optional().describe('what those who are recorded said to it'),
  hotwords: z.array(z.string().max(100)).max(200).optional().describe('words that are likely to be said: names, jargon'),
  events: z
    .array(z.enum(['decisions']))
    .optional()
    .describe('mode "assistant": also tell why something was or was not done'),
  voice: z
    .enum(['on', 'off'])
    .optional()
    .describe('mode "assistant": on by default; `off` sends fragments for a client that speaks by itself'),
  assistant: AssistantConfig.optional(),
  client: z
    .object({
      name: z.string().max(200).optional(),
      aec: z.enum(['active', 'none', 'unknown']).optional(),
      mic: z.enum(['phone', 'glasses']).optional(),
    })
    .optional(),
})
export type ConfigMessage = z.infer<typeof ConfigMessage>

export const AudioChunkMessage = z.object({
  type: z.literal('audio_chunk'),
  chunk_id: z.union([z.string().max(128), z.number().int().nonnegative()]).optional(),
  data_b64: z.string(),
})
export type AudioChunkMessage = z.infer<typeof AudioChunkMessage>

export const GapReason = z.enum(['camera', 'network', 'os_suspended', 'muted', 'other'])
export const GapMessage = z.object({
  type: z.literal('gap'),
  ms: z.number().int().positive().max(86_400_000),
  reason: GapReason.default('other'),
  gap_id: z
    .string()
    .max(128)
    .optional()
    .describe('names this gap, so that sending it again after a reconnect does not count twice'),
})
export type GapMessage = z.infer<typeof GapMessage>

/** ISO 8601, or milliseconds since 1970. */
export const Timestamp = z.union([z.iso.datetime({ offset: true, local: true }), z.number().positive()])

export const FrameMessage = z.object({
  type: z.literal('frame'),
  image_b64: z.string(),
  timestamp: Timestamp.optional().describe('when the photo was taken'),
  prompt: z.string().max(2000).optional(),
  language: z.string().min(2).max(16).optional().describe('BCP 47 tag of the description'),
})
export type FrameMessage = z.infer<typeof FrameMessage>

export const TextMessage = z.object({ type: z.literal('text'), text: z.string().min(1).max(8000) })
export const InterruptMessage = z.object({ type: z.literal('interrupt') })
export const PlaybackMessage = z.object({
  type: z.literal('playback'),
  played_ms: z.number().nonnegative(),
  reply_id: z.number().int().nonnegative().optional(),
})
/** Push-to-talk: the button goes down and up. */
export const ActivityMessage = z.object({ type: z.literal('activity'), state: z.enum(['start', 'end']) })
export const ToolResultMessage = z.object({
  type: z.literal('tool_result'),
  call_id: z.string().max(200),
  content: z.string().max(100_000),
  is_error: z.boolean().optional(),
})
export const EndOfStreamMessage = z.object({ type: z.literal('end_of_stream') })
export const PingMessage = z.object({ type: z.literal('ping') })

/** Every message a client may send, by `type`. Audio itself travels as binary messages. */
export const CLIENT_MESSAGES = {
  config: ConfigMessage,
  audio_chunk: AudioChunkMessage,
  gap: GapMessage,
  frame: FrameMessage,
  text: TextMessage,
  interrupt: InterruptMessage,
  playback: PlaybackMessage,
  activity: ActivityMessage,
  tool_result: ToolResultMessage,
  end_of_stream: EndOfStreamMessage,
  ping: PingMessage,
} as const

export const ClientMessage = z.discriminatedUnion('type', [
  ConfigMessage,
  AudioChunkMessage,
  GapMessage,
  FrameMessage,
  TextMessage,
  InterruptMessage,
  PlaybackMessage,
  ActivityMessage,
  ToolResultMessage,
  EndOfStreamMessage,
  PingMessage,
])
export type ClientMessage = z.infer<typeof ClientMessage>
/** What a client writes: fields with defaults may be left out. */
export type ClientMessageInput = z.input<typeof ClientMessage>
