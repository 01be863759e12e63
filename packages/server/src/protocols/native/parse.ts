import { CLIENT_MESSAGES, type ClientMessage, VigiaError } from '@vigia/protocol'
import type { z } from 'zod'

/** From the text of a message to the message, or to the one error that says what is wrong with it. Pure. */

const KNOWN = Object.keys(CLIENT_MESSAGES).join(', ')

/**
 * @throws VigiaError `invalid_json`, `invalid_message`, `unknown_message_type`, and for a config `invalid_session_id`,
 * `invalid_audio_format`, `unsupported_codec`
 */
export function parseClientMessage(text: string): ClientMessage {
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new VigiaError(
      'invalid_message',
      `Expected a JSON object, got ${value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value}.`,
    )
  }
  const type = (value as { type?: unknown }).type
  if (typeof type !== 'string') {
    throw new VigiaError('invalid_message', 'Expected a "type" that is a string.', { hint: `Known types: ${KNOWN}.` })
  }
  if (!Object.hasOwn(CLIENT_MESSAGES, type)) {
    throw new VigiaError('unknown_message_type', `The message type "${type.slice(0, 60)}" is not known.`, {
      hint: `Known types: ${KNOWN}.`,
    })
  }
  const schema = CLIENT_MESSAGES[type as keyof typeof CLIENT_MESSAGES]
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw toError(type, parsed.error, value as Record<string, unknown>)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new VigiaError('invalid_json', `Expected a JSON text message, got ${text.length} characters that are not JSON.`, {
      hint: 'Send audio as binary messages and everything else as JSON objects with a "type".',
    })
  }
}

/** The code of a wrong config field, by field. */
const CONFIG_CODES = {
  session_id: 'invalid_session_id',
  sample_rate: 'invalid_audio_format',
  channels: 'invalid_audio_format',
  encoding: 'unsupported_codec',
} as const

function toError(type: string, error: z.ZodError, value: Record<string, unknown>): VigiaError {
  const issue = error.issues[0]!
  const field = String(issue.path[0] ?? '')
  const code = type === 'config' && field in CONFIG_CODES ? CONFIG_CODES[field as keyof typeof CONFIG_CODES] : 'invalid_message'
  return new VigiaError(code, `${type}.${issue.path.join('.')}: ${issue.message}; got ${describe(value[field])}.`, {
    hint: HINTS[field] ?? 'The messages and their fields are described at /docs and in docs/protocol.md.',
  })
}

const HINTS: Record<string, string> = {
  session_id: 'Leave session_id out to get one from the server, or use 1–128 letters, digits, dots, dashes and underscores.',
  sample_rate: 'Use the rate the microphone records at, 8000 to 48000 Hz.',
  channels: 'Use 1 (mono) or 2 (stereo, interleaved).',
  encoding: 'Use pcm16, pcm_f32, mulaw, alaw, opus, ogg_opus, webm_opus, flac, mp3 or wav.',
}

/** A short word on what came, without repeating what a person may have said. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return value.length <= 40 ? `"${value}"` : `a text of ${value.length} characters`
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return Array.isArray(value) ? 'an array' : typeof value
}

/**
 * Bytes of base64 text, standard or URL-safe, with or without padding.
 *
 * @throws VigiaError `invalid_base64`
 */
export function decodeBase64(text: string, field: string): Buffer {
  const bytes = Buffer.from(text, 'base64')
  const significant = text.endsWith('==') ? text.length - 2 : text.endsWith('=') ? text.length - 1 : text.length
  // Buffer skips what is not base64: then fewer bytes come out than the letters would give
  if (bytes.length !== Math.floor((significant * 3) / 4) || significant % 4 === 1) {
    throw new VigiaError('invalid_base64', `${field}: expected base64, got ${text.length} characters of which some are not.`, {
      hint: 'Use standard or URL-safe base64 without line breaks.',
    })
  }
  return bytes
}
