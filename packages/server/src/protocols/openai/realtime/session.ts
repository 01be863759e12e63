import { randomUUID } from 'node:crypto'
import { type Encoding, VigiaError } from '@vigia/protocol'
import type { AssistantSettings } from '../../../session/assistant.ts'
import type { EndpointingOptions } from '../../../session/endpointing.ts'
import { FieldError, isObject, type Json, list, number, oneOf, text } from '../../compat/read.ts'
import { SPEECH_RATE } from '../../compat/speech.ts'
import { readTools } from '../content.ts'
import { voiceOf } from '../speech.ts'

/** The session object of Realtime: defaults, deep partial updates, and what they mean for the assistant. Pure. */

export type SessionType = 'realtime' | 'transcription'

export const newId = (prefix: string): string => `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 24)}`

const LIFETIME_S = 3600
const PCM = { type: 'audio/pcm', rate: SPEECH_RATE }
const SERVER_VAD = { type: 'server_vad', threshold: 0.5, prefix_padding_ms: 300, silence_duration_ms: 500 }

export function defaultSession(type: SessionType, model: string, nowMs: number): Json {
  const input = { format: PCM, transcription: null, noise_reduction: null }
  const common = { type, id: newId('sess'), expires_at: Math.floor(nowMs / 1000) + LIFETIME_S, include: null }
  if (type === 'transcription') {
    return {
      ...common,
      object: 'realtime.transcription_session',
      audio: { input: { ...input, transcription: { model }, turn_detection: SERVER_VAD } },
    }
  }
  return {
    ...common,
    object: 'realtime.session',
    model,
    output_modalities: ['audio'],
    instructions: '',
    tools: [],
    tool_choice: 'auto',
    max_output_tokens: 'inf',
    tracing: null,
    prompt: null,
    truncation: 'auto',
    audio: {
      input: {
        ...input,
        turn_detection: { ...SERVER_VAD, idle_timeout_ms: null, create_response: true, interrupt_response: true },
      },
      output: { format: PCM, voice: 'marin', speed: 1 },
    },
  }
}

/** Keys that a client cannot change. */
const FIXED = new Set(['id', 'object', 'expires_at', 'model'])

/** Fields that are absent stay, `null` clears, objects are merged; a turn detection of another type starts from its own defaults. */
export function merged(session: Json, patch: Json): Json {
  const out = mergeInto(session, Object.fromEntries(Object.entries(patch).filter(([key]) => !FIXED.has(key))))
  check(out)
  return out
}

function mergeInto(base: Json, patch: Json): Json {
  const out: Json = { ...base }
  for (const [key, value] of Object.entries(patch)) {
    if (value === undefined) continue
    const before = out[key]
    if (key === 'turn_detection' && isObject(value)) out[key] = detection(before, value)
    else out[key] = isObject(value) && isObject(before) && key !== 'format' ? mergeInto(before, value) : value
  }
  return out
}

function detection(before: unknown, value: Json): Json {
  const type = value.type ?? (isObject(before) ? before.type : 'server_vad')
  const answers = { create_response: true, interrupt_response: true }
  if (type === 'semantic_vad') return { type, eagerness: 'auto', ...answers, ...value }
  const kept = isObject(before) && before.type === 'server_vad' ? before : { ...SERVER_VAD, idle_timeout_ms: null, ...answers }
  return { ...kept, ...value }
}

/** @throws VigiaError `invalid_request`, `not_supported`, `unsupported_codec` */
function check(session: Json): void {
  const { input, output, turn } = partsOf(session)
  formatOf(input.format, 'session.audio.input.format')
  if (output.format !== undefined) formatOf(output.format, 'session.audio.output.format')
  if (turn) oneOf(turn.type, 'session.audio.input.turn_detection.type', ['server_vad', 'semantic_vad'])
  const modalities = list(session.output_modalities)
  if (modalities.length > 1 || modalities.some((one) => one !== 'audio' && one !== 'text')) {
    throw new FieldError('session.output_modalities', "Expected 'session.output_modalities' to be ['audio'] or ['text'].")
  }
  readTools(session.tools, 'session.tools')
}

export interface WireFormat {
  encoding: Encoding & ('pcm16' | 'mulaw' | 'alaw')
  sampleRate: number
}

/** A format object, or its name in the earlier dialect. @throws VigiaError `invalid_request` */
export function formatOf(format: unknown, name: string): WireFormat {
  const type = isObject(format) ? format.type : format
  const rate = isObject(format) ? number(format.rate, `${name}.rate`, [8000, 48_000]) : undefined
  switch (type) {
    case 'audio/pcm':
    case 'pcm16':
      return { encoding: 'pcm16', sampleRate: rate ?? SPEECH_RATE }
    case 'audio/pcmu':
    case 'g711_ulaw':
      return { encoding: 'mulaw', sampleRate: 8000 }
    case 'audio/pcma':
    case 'g711_alaw':
      return { encoding: 'alaw', sampleRate: 8000 }
    default:
      throw new FieldError(`${name}.type`, `Expected '${name}.type' to be audio/pcm, audio/pcmu or audio/pcma.`)
  }
}

/** The nested objects of a session. */
export function partsOf(session: Json): { input: Json; output: Json; turn: Json | null; transcription: Json | null } {
  const audio = isObject(session.audio) ? session.audio : {}
  const input = isObject(audio.input) ? audio.input : {}
  return {
    input,
    output: isObject(audio.output) ? audio.output : {},
    turn: isObject(input.turn_detection) ? input.turn_detection : null,
    transcription: isObject(input.transcription) ? input.transcription : null,
  }
}

/** What the assistant is to do, from a session or from what one response overrides. */
export function assistantOf(session: Json): Partial<AssistantSettings> {
  const { output, turn } = partsOf(session)
  const spoken = list(session.output_modalities)[0] !== 'text'
  const tokens =
    session.max_output_tokens === 'inf' ? undefined : number(session.max_output_tokens, 'max_output_tokens', [1, 1e6])
  const voice = voiceOf(output.voice)
  const speed = number(output.speed, 'audio.output.speed', [0.25, 4])
  if (session.tool_choice !== undefined && session.tool_choice !== 'auto' && session.tool_choice !== 'none') {
    throw new VigiaError('not_supported', "Live, 'tool_choice' is 'auto' or 'none' here.")
  }
  return {
    listen: turn ? 'conversation' : 'push_to_talk',
    turnDetection: turn ? 'auto' : 'manual',
    autoReply: turn !== null && turn.create_response !== false,
    bargeIn: turn !== null && turn.interrupt_response !== false,
    voice: spoken ? 'on' : 'off',
    pacing: spoken ? 'paced' : 'burst',
    outputSampleRate: formatOf(output.format ?? PCM, 'audio.output.format').sampleRate,
    instructions: text(session.instructions, 'instructions') ?? '',
    tools: session.tool_choice === 'none' ? [] : readTools(session.tools),
    maxTokens: tokens,
    ...(voice ? { voiceId: voice } : {}),
    ...(speed === undefined ? {} : { speed }),
  }
}

/** Silence and padding as the client wants them. */
export function endpointingOf(session: Json): Partial<EndpointingOptions> {
  const { turn } = partsOf(session)
  if (turn?.type !== 'server_vad') return {}
  const silence = number(turn.silence_duration_ms, 'silence_duration_ms', [0, 60_000])
  const padding = number(turn.prefix_padding_ms, 'prefix_padding_ms', [0, 10_000])
  const threshold = number(turn.threshold, 'threshold', [0, 1])
  return {
    ...(silence === undefined ? {} : { minSilenceMs: Math.max(100, silence) }),
    ...(padding === undefined ? {} : { preRollMs: Math.max(100, padding) }),
    ...(threshold === undefined ? {} : { threshold: Math.max(0.1, threshold), negThreshold: Math.max(0.05, threshold - 0.15) }),
  }
}
