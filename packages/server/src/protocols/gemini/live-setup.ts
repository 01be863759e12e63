import { VigiaError } from '@vigia/protocol'
import type { LlmTool } from '../../engines/llm.ts'
import type { AssistantSettings, HistoryBudget } from '../../session/assistant.ts'
import type { EndpointingOptions } from '../../session/endpointing.ts'
import { textOf } from '../compat/ask.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { bareName } from '../compat/models.ts'
import { flag, type Json, list, number, object, oneOf, text } from '../compat/read.ts'
import { SPEECH_RATE } from '../compat/speech.ts'
import { readSystem, readTools } from './content.ts'
import { readSpeech, refuseGeneration } from './request.ts'

/** The `setup` of a Live session, keys in camelCase. Lenient about the place of fields that moved between versions. Pure. */

export interface LiveSetup {
  model: string
  modality: 'AUDIO' | 'TEXT'
  instructions: string
  tools: LlmTool[]
  inputTranscription: boolean
  outputTranscription: boolean
  /** Only when asked for: a parser of Flutter's throws on frames that it does not know. */
  interim: boolean
  voiceActivity: boolean
  manual: boolean
  interrupts: boolean
  silenceMs: number | undefined
  /** Shorter sounds are no speech. */
  prefixMs: number | undefined
  startSensitivity: Sensitivity | undefined
  endSensitivity: Sensitivity | undefined
  history: HistoryBudget | undefined
  language: string | undefined
  voice: string | undefined
  temperature: number | undefined
  maxTokens: number | undefined
  resumption: { handle: string | undefined; transparent: boolean } | null
}

export const SETUP_FIELDS = new Set([
  'model',
  'generationConfig',
  'systemInstruction',
  'tools',
  'realtimeInputConfig',
  'sessionResumption',
  'contextWindowCompression',
  'inputAudioTranscription',
  'outputAudioTranscription',
  'explicitVadSignal',
  'responseModalities',
  'speechConfig',
  'temperature',
  'maxOutputTokens',
])

const CONFIG_FIELDS = new Set(['responseModalities', 'speechConfig', 'temperature', 'maxOutputTokens', 'candidateCount'])
const REALTIME_FIELDS = new Set(['automaticActivityDetection', 'activityHandling', 'interimTranscriptTimestampEnabled'])

/** @throws VigiaError `invalid_request`, `not_supported` */
export function readSetup(value: unknown): LiveSetup {
  const setup = object(value, 'setup')
  const config = { ...object(setup.generationConfig, 'setup.generationConfig') }
  const place = (name: string): unknown => setup[name] ?? config[name]
  if (setup.avatarConfig !== undefined) throw new VigiaError('not_supported', 'avatarConfig is not offered by this server.')
  const realtime = object(setup.realtimeInputConfig, 'setup.realtimeInputConfig')
  const detection = object(realtime.automaticActivityDetection, 'automaticActivityDetection')
  const modalities = list(place('responseModalities')).map((one) => String(one).toUpperCase())
  if (modalities.includes('IMAGE')) throw new VigiaError('not_supported', 'Answers as images are not made here.')
  refuse(config)
  const speech = readSpeech(place('speechConfig'))
  const hints = object(place('inputAudioTranscription'), 'inputAudioTranscription')
  const resumption = setup.sessionResumption == null ? null : object(setup.sessionResumption, 'sessionResumption')
  return {
    model: bareName(text(setup.model, 'setup.model') ?? ''),
    modality: modalities.length === 0 || modalities.includes('AUDIO') ? 'AUDIO' : 'TEXT',
    instructions: readSystem(setup.systemInstruction).map(textOf).join('\n'),
    tools: readTools(setup.tools),
    inputTranscription: place('inputAudioTranscription') != null,
    outputTranscription: place('outputAudioTranscription') != null,
    interim: flag(realtime.interimTranscriptTimestampEnabled ?? false),
    voiceActivity: flag(setup.explicitVadSignal ?? false),
    manual: flag(detection.disabled ?? false),
    interrupts: realtime.activityHandling !== 'NO_INTERRUPTION',
    silenceMs: number(detection.silenceDurationMs, 'silenceDurationMs', [0, 60_000]),
    prefixMs: number(detection.prefixPaddingMs, 'prefixPaddingMs', [0, 60_000]),
    startSensitivity: sensitivityOf(detection.startOfSpeechSensitivity, 'START'),
    endSensitivity: sensitivityOf(detection.endOfSpeechSensitivity, 'END'),
    history: historyOf(setup.contextWindowCompression),
    language: speech.language ?? text(list(hints.languageCodes)[0], 'languageCodes')?.split('-')[0],
    voice: speech.voice,
    temperature: number(place('temperature'), 'temperature', [0, 2]),
    maxTokens: number(place('maxOutputTokens'), 'maxOutputTokens', [1, 1e6]),
    resumption: resumption && {
      handle: text(resumption.handle, 'handle') || undefined,
      transparent: flag(resumption.transparent ?? false),
    },
  }
}

/** What the assistant is to do. */
export function settingsOf(setup: LiveSetup): Partial<AssistantSettings> {
  const spoken = setup.modality === 'AUDIO'
  return {
    listen: setup.manual ? 'push_to_talk' : 'conversation',
    turnDetection: setup.manual ? 'manual' : 'auto',
    bargeIn: setup.interrupts,
    voice: spoken ? 'on' : 'off',
    pacing: spoken ? 'paced' : 'burst',
    outputSampleRate: SPEECH_RATE,
    instructions: setup.instructions,
    tools: setup.tools,
    history: setup.history,
    ...(setup.voice ? { voiceId: setup.voice } : {}),
    ...(setup.temperature === undefined ? {} : { temperature: setup.temperature }),
    ...(setup.maxTokens === undefined ? {} : { maxTokens: setup.maxTokens }),
  }
}

/** When speech begins and ends, as the client wants it; a number goes before a sensitivity. */
export function endpointingOf(setup: LiveSetup): Partial<EndpointingOptions> {
  const silenceMs = setup.silenceMs ?? (setup.endSensitivity && SILENCE_MS[setup.endSensitivity])
  return {
    ...(setup.startSensitivity ? THRESHOLDS[setup.startSensitivity] : {}),
    ...(silenceMs === undefined ? {} : { minSilenceMs: Math.max(100, silenceMs) }),
    ...(setup.prefixMs === undefined ? {} : { minSpeechMs: Math.min(2000, Math.max(32, setup.prefixMs)) }),
  }
}

type Sensitivity = 'HIGH' | 'LOW'
/** The vendor names two steps; here they lie on either side of the server's own values. */
const THRESHOLDS: Readonly<Record<Sensitivity, Pick<EndpointingOptions, 'threshold' | 'negThreshold'>>> = {
  HIGH: { threshold: 0.35, negThreshold: 0.2 },
  LOW: { threshold: 0.7, negThreshold: 0.5 },
}
const SILENCE_MS: Readonly<Record<Sensitivity, number>> = { HIGH: 500, LOW: 1200 }

function sensitivityOf(value: unknown, which: 'START' | 'END'): Sensitivity | undefined {
  const name = `${which}_SENSITIVITY`
  const given = oneOf(value, `${which.toLowerCase()}OfSpeechSensitivity`, [`${name}_UNSPECIFIED`, `${name}_HIGH`, `${name}_LOW`])
  return given?.endsWith('HIGH') ? 'HIGH' : given?.endsWith('LOW') ? 'LOW' : undefined
}

/** Old turns give way above `triggerTokens`, down to the window; half of that where none is said. @throws VigiaError `invalid_request` */
function historyOf(value: unknown): HistoryBudget | undefined {
  const compression = object(value, 'contextWindowCompression')
  const name = 'contextWindowCompression.triggerTokens'
  const triggerTokens = number(compression.triggerTokens, name, [1, 1e9])
  if (triggerTokens === undefined) return undefined
  const window = object(compression.slidingWindow, 'slidingWindow')
  const targetTokens = number(window.targetTokens, 'slidingWindow.targetTokens', [0, triggerTokens]) ?? triggerTokens / 2
  return { triggerTokens, targetTokens }
}

/** What would be silently wrong in a live answer. @throws VigiaError `not_supported` */
function refuse(config: Json): void {
  const json = config.responseSchema ?? config.responseJsonSchema
  const isText = config.responseMimeType == null || config.responseMimeType === 'text/plain'
  if (json != null || !isText) throw new VigiaError('not_supported', 'Live answers are text or sound, not JSON.')
  refuseGeneration(config)
}

/** Fields without effect, told in the log. */
export function noteUnused(setup: Json, fields: FieldLog): void {
  fields.unused('gemini.live', setup, SETUP_FIELDS)
  fields.unused('gemini.live.generationConfig', object(setup.generationConfig, 'setup.generationConfig'), CONFIG_FIELDS)
  const realtime = object(setup.realtimeInputConfig, 'setup.realtimeInputConfig')
  fields.unused('gemini.live.realtimeInputConfig', realtime, REALTIME_FIELDS)
}

/** The fields that a token's maker fixed win over what its holder sends. */
export function withFixed(setup: Json, fixed: unknown): Json {
  const own = object(fixed, 'bidiGenerateContentSetup')
  const config = { ...object(setup.generationConfig, 'generationConfig'), ...object(own.generationConfig, 'generationConfig') }
  return { ...setup, ...own, ...(Object.keys(config).length > 0 ? { generationConfig: config } : {}) }
}
