import { VigiaError } from '@vigia/protocol'
import type { LlmTool } from '../../engines/llm.ts'
import type { AssistantSettings } from '../../session/assistant.ts'
import { textOf } from '../compat/ask.ts'
import { bareName } from '../compat/models.ts'
import { flag, type Json, list, number, object, text } from '../compat/read.ts'
import { SPEECH_RATE } from '../compat/speech.ts'
import { readSystem, readTools } from './content.ts'
import { readSpeech } from './request.ts'

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
  prefixMs: number | undefined
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
    ...(setup.voice ? { voiceId: setup.voice } : {}),
    ...(setup.temperature === undefined ? {} : { temperature: setup.temperature }),
    ...(setup.maxTokens === undefined ? {} : { maxTokens: setup.maxTokens }),
  }
}

/** The fields that a token's maker fixed win over what its holder sends. */
export function withFixed(setup: Json, fixed: unknown): Json {
  const own = object(fixed, 'bidiGenerateContentSetup')
  const config = { ...object(setup.generationConfig, 'generationConfig'), ...object(own.generationConfig, 'generationConfig') }
  return { ...setup, ...own, ...(Object.keys(config).length > 0 ? { generationConfig: config } : {}) }
}
