import { VigiaError } from '@vigia/protocol'
import { FieldError, isObject, type Json, list, oneOf, text } from '../../compat/read.ts'
import { formatOf, newId, PCM, partsOf, type SessionType } from './session-parts.ts'
import { assistantOf, endpointingOf, idleTimeoutOf } from './session-settings.ts'

/** The session object of Realtime: defaults, deep partial updates, and what of it is refused. Pure. */

const LIFETIME_S = 3600
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

/** Fields with an effect here; the others that clients know are taken without. */
export const SESSION_FIELDS = {
  session: words('type audio include instructions max_output_tokens model output_modalities prompt tool_choice tools truncation'),
  input: words('format transcription turn_detection'),
  output: words('format speed voice'),
  turn: words(
    'type create_response interrupt_response threshold prefix_padding_ms silence_duration_ms idle_timeout_ms eagerness',
  ),
  transcription: words('model language keywords'),
}

function words(names: string): ReadonlySet<string> {
  return new Set(names.split(' '))
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
  refuse(session)
  if (session.type === 'realtime') assistantOf(session)
  endpointingOf(session)
  idleTimeoutOf(session)
}

/** What would be silently wrong if it were ignored. */
function refuse(session: Json): void {
  const { transcription } = partsOf(session)
  if (session.prompt != null)
    throw new VigiaError('not_supported', "Stored prompts ('prompt') are not kept here; send 'instructions'.")
  if (list(session.include).length > 0)
    throw new VigiaError('not_supported', "Log probabilities of a transcript ('include') are not given here.")
  if (session.truncation === 'disabled')
    throw new VigiaError('not_supported', "A conversation without end ('truncation': 'disabled') is not offered; send 'auto'.")
  text(transcription?.language, 'session.audio.input.transcription.language')
}
