import { z } from 'zod'
import { Encoding, SessionId } from './common.ts'

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
  hotwords: z.array(z.string().max(100)).max(200).optional().describe('words that are likely to be said: names, jargon'),
  events: z.array(z.enum(['decisions'])).optional(),
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
})
export type FrameMessage = z.infer<typeof FrameMessage>

export const TextMessage = z.object({ type: z.literal('text'), text: z.string().min(1).max(8000) })
export const InterruptMessage = z.object({ type: z.literal('interrupt') })
export const PlaybackMessage = z.object({
  type: z.literal('playback'),
  played_ms: z.number().nonnegative(),
  reply_id: z.number().int().nonnegative().optional(),
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
  EndOfStreamMessage,
  PingMessage,
])
export type ClientMessage = z.infer<typeof ClientMessage>
/** What a client writes: fields with defaults may be left out. */
export type ClientMessageInput = z.input<typeof ClientMessage>
