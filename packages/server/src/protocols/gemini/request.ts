import { VigiaError } from '@vigia/protocol'
import type { AskRequest } from '../compat/ask.ts'
import { FieldError, isObject, type Json, list, number, object, oneOf, text } from '../compat/read.ts'
import { camelCased } from './case.ts'
import { readContents, readSystem, readTools } from './content.ts'
import { toJsonSchema } from './schema.ts'

/** The body of `generateContent`. Pure. */

export interface GenerateRequest {
  ask: AskRequest
  /** Bare value instead of JSON: `text/x.enum`. */
  bareEnum: boolean
  /** A spoken answer. */
  speech: { voice: string | undefined; language: string | undefined } | null
  /** As read, for the log of fields without effect. */
  body: Json
}

export const GENERATE_FIELDS = new Set(['contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'model'])
export const CONFIG_FIELDS = new Set([
  'temperature',
  'topP',
  'maxOutputTokens',
  'stopSequences',
  'seed',
  'candidateCount',
  'responseMimeType',
  'responseSchema',
  'responseJsonSchema',
  'responseModalities',
  'speechConfig',
  'responseLogprobs',
])

/** @throws VigiaError `invalid_request`, `not_supported` */
export function readGenerate(value: unknown): GenerateRequest {
  const body = object(camelCased(value), 'body')
  const contents = readContents(body.contents)
  if (contents.length === 0) throw new FieldError('contents', 'contents is not specified')
  const config = object(body.generationConfig, 'generationConfig')
  refuse(body, config)
  const modalities = list(config.responseModalities).map((one) => String(one).toUpperCase())
  return {
    body,
    bareEnum: config.responseMimeType === 'text/x.enum',
    speech: modalities.includes('AUDIO') ? readSpeech(config.speechConfig) : null,
    ask: {
      messages: [...readSystem(body.systemInstruction), ...contents],
      maxTokens: number(config.maxOutputTokens, 'generationConfig.maxOutputTokens', [1, 1e6]),
      temperature: number(config.temperature, 'generationConfig.temperature', [0, 2]),
      topP: number(config.topP, 'generationConfig.topP', [0, 1]),
      seed: number(config.seed, 'generationConfig.seed'),
      stop: list(config.stopSequences).map((stop) => text(stop, 'generationConfig.stopSequences')!),
      json: readJson(config),
      tools: readTools(body.tools),
      toolChoice: readMode(body),
    },
  }
}

/** What would be silently wrong if it were ignored. */
function refuse(body: Json, config: Json): void {
  if (body.cachedContent !== undefined) throw refused('cachedContent')
  refuseGeneration(config)
  if (list(config.responseModalities).some((one) => String(one).toUpperCase() === 'IMAGE')) throw refused('Making images')
}

const refused = (what: string): VigiaError => new VigiaError('not_supported', `${what} is not offered by this server.`)

/** The same, of a generation's settings alone. @throws VigiaError `not_supported` */
export function refuseGeneration(config: Json): void {
  if ((number(config.candidateCount, 'generationConfig.candidateCount', [1, 8]) ?? 1) > 1) throw refused('candidateCount above 1')
  if (config.responseLogprobs === true) throw refused('responseLogprobs')
}

function readJson(config: Json): AskRequest['json'] {
  const mime = text(config.responseMimeType, 'generationConfig.responseMimeType')
  const schema = isObject(config.responseJsonSchema)
    ? config.responseJsonSchema
    : isObject(config.responseSchema)
      ? toJsonSchema(config.responseSchema)
      : undefined
  if (mime === undefined || mime === 'text/plain') return undefined
  if (mime === 'application/json' || mime === 'text/x.enum') return schema ? { schema } : {}
  throw new FieldError(
    'generationConfig.responseMimeType',
    'allowed mimetypes are `text/plain`, `application/json` and `text/x.enum`',
  )
}

function readMode(body: Json): AskRequest['toolChoice'] {
  const config = object(object(body.toolConfig, 'toolConfig').functionCallingConfig, 'toolConfig.functionCallingConfig')
  const given = typeof config.mode === 'string' ? config.mode.toUpperCase() : config.mode
  const mode = oneOf(given, 'toolConfig.functionCallingConfig.mode', [
    'MODE_UNSPECIFIED',
    'AUTO',
    'ANY',
    'NONE',
    'VALIDATED',
  ] as const)
  if (mode === 'NONE') return 'none'
  if (mode !== 'ANY') return undefined
  const allowed = list(config.allowedFunctionNames)
  return allowed.length === 1 ? { name: String(allowed[0]) } : 'required'
}

/** Only what a mode `ANY` allows may be called. */
export function allowedTools(request: GenerateRequest): GenerateRequest['ask']['tools'] {
  const config = object(object(request.body.toolConfig, 'toolConfig').functionCallingConfig, 'functionCallingConfig')
  const allowed = list(config.allowedFunctionNames)
  return allowed.length === 0 ? request.ask.tools : request.ask.tools?.filter(({ name }) => allowed.includes(name))
}

export function readSpeech(value: unknown): { voice: string | undefined; language: string | undefined } {
  const speech = object(value, 'speechConfig')
  const voice = object(object(speech.voiceConfig, 'voiceConfig').prebuiltVoiceConfig, 'prebuiltVoiceConfig').voiceName
  return { voice: text(voice, 'voiceName'), language: text(speech.languageCode, 'languageCode')?.split('-')[0] }
}
