import type { AsrCapabilities } from '../../../engines/asr.ts'
import type { AssistantSettings, HistoryBudget } from '../../../session/assistant.ts'
import type { EndpointingOptions } from '../../../session/endpointing.ts'
import { languageFor } from '../../compat/language.ts'
import { FieldError, isObject, type Json, list, number, oneOf, text } from '../../compat/read.ts'
import { readToolChoice, readTools } from '../content.ts'
import { voiceOf } from '../speech.ts'
import { formatOf, PCM, partsOf } from './session-parts.ts'

/** What a session object of Realtime, or what one response overrides of it, means for the session of ours. Pure. */

/** What the assistant is to do, from a session or from what one response overrides. */
export function assistantOf(session: Json): Partial<AssistantSettings> {
  const { output, turn } = partsOf(session)
  const spoken = list(session.output_modalities)[0] !== 'text'
  const tokens =
    session.max_output_tokens === 'inf' ? undefined : number(session.max_output_tokens, 'max_output_tokens', [1, 1e6])
  const voice = voiceOf(output.voice)
  const speed = number(output.speed, 'audio.output.speed', [0.25, 4])
  const tools = readTools(session.tools, 'session.tools')
  const choice = readToolChoice(session.tool_choice)
  return {
    listen: turn ? 'conversation' : 'push_to_talk',
    turnDetection: turn ? 'auto' : 'manual',
    autoReply: turn !== null && turn.create_response !== false,
    bargeIn: turn !== null && turn.interrupt_response !== false,
    voice: spoken ? 'on' : 'off',
    pacing: spoken ? 'paced' : 'burst',
    outputSampleRate: formatOf(output.format ?? PCM, 'audio.output.format').sampleRate,
    instructions: text(session.instructions, 'instructions') ?? '',
    tools: choice === 'none' ? [] : tools,
    forcedTools: forcedBy(choice, tools),
    maxTurnDelayMs: turn?.type === 'semantic_vad' ? MAX_TURN_DELAY_MS[eagernessOf(turn)] : undefined,
    history: historyOf(session.truncation),
    maxTokens: tokens,
    ...(voice ? { voiceId: voice } : {}),
    ...(speed === undefined ? {} : { speed }),
  }
}

/** Names of the tools of which one must be called first. @throws VigiaError `invalid_request` */
function forcedBy(choice: ReturnType<typeof readToolChoice>, tools: readonly { name: string }[]): string[] | undefined {
  if (choice === undefined || choice === 'auto' || choice === 'none') return undefined
  const names = choice === 'required' ? tools.map(({ name }) => name) : [choice.name]
  if (names.length > 0 && names.every((wanted) => tools.some(({ name }) => name === wanted))) return names
  throw new FieldError('tool_choice', "Expected 'tool_choice' to be one of the functions in 'tools'.")
}

const EAGERNESS = ['low', 'medium', 'high', 'auto'] as const
const eagernessOf = (turn: Json): (typeof EAGERNESS)[number] =>
  oneOf(turn.eagerness, 'session.audio.input.turn_detection.eagerness', EAGERNESS) ?? 'auto'

/** Longest wait for the end of a sentence, as at the vendor; `auto` leaves it to the server, whose wait is no longer than `medium`. */
const MAX_TURN_DELAY_MS = { low: 8000, medium: 4000, high: 2000, auto: undefined }
/** Without words to judge by (transcription) eagerness is a silence. */
const SEMANTIC_SILENCE_MS = { low: 2000, medium: undefined, high: 400, auto: undefined }

const HISTORY_TOKENS = 3000

/** How much of the conversation stays when it is too long. @throws VigiaError `invalid_request` */
function historyOf(truncation: unknown): HistoryBudget | undefined {
  if (!isObject(truncation)) {
    oneOf(truncation, 'session.truncation', ['auto', 'disabled'])
    return undefined
  }
  oneOf(truncation.type, 'session.truncation.type', ['retention_ratio'])
  const ratio = number(truncation.retention_ratio, 'session.truncation.retention_ratio', [0, 1]) ?? 0.5
  const limits = isObject(truncation.token_limits) ? truncation.token_limits : {}
  const most = number(limits.post_instructions, 'session.truncation.token_limits.post_instructions', [0, 1e6]) ?? HISTORY_TOKENS
  return { triggerTokens: most, targetTokens: most * ratio }
}

/** Silence behind an answer after which the assistant speaks by itself; null where it waits. @throws VigiaError `invalid_request` */
export function idleTimeoutOf(session: Json): number | null {
  const { turn } = partsOf(session)
  if (turn?.type !== 'server_vad') return null
  return number(turn.idle_timeout_ms, 'session.audio.input.turn_detection.idle_timeout_ms', [5000, 30_000]) ?? null
}

/** Silence and padding as the client wants them. */
export function endpointingOf(session: Json): Partial<EndpointingOptions> {
  const { turn } = partsOf(session)
  if (turn?.type === 'semantic_vad') {
    const minSilenceMs = session.type === 'transcription' ? SEMANTIC_SILENCE_MS[eagernessOf(turn)] : undefined
    return minSilenceMs === undefined ? {} : { minSilenceMs }
  }
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

/** What was fixed by the first audio of a session. */
export function fixedBySpeech(session: Json, asr: AsrCapabilities): Record<string, string> {
  const { input } = partsOf(session)
  const format = formatOf(input.format, 'session.audio.input.format')
  return {
    'session.audio.input.format': JSON.stringify(format),
    'session.audio.input.transcription.language': languageOf(session, asr),
    'session.audio.input.transcription.keywords': JSON.stringify(keywordsOf(session)),
  }
}

/** Words that the recognizer should expect. */
export function keywordsOf(session: Json): string[] {
  const name = 'session.audio.input.transcription.keywords'
  return list(partsOf(session).transcription?.keywords).map((word) => text(word, name)!.slice(0, 100))
}

/** @throws VigiaError `language_not_supported` */
export function languageOf(session: Json, asr: AsrCapabilities): string {
  return languageFor(text(partsOf(session).transcription?.language, 'session.audio.input.transcription.language'), asr)
}
