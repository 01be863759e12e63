import { VigiaError } from '@vigia/protocol'
import type { LlmTool } from '../../engines/llm.ts'
import type { AskPart, AskRequest } from '../compat/ask.ts'
import { decodeBase64 } from '../compat/base64.ts'
import { FieldError, isObject, type Json, object, oneOf, text, wrong } from '../compat/read.ts'

/** Content parts and functions as OpenAI's APIs write them, in their three dialects (chat, responses, realtime). */

/** @throws VigiaError `invalid_request`, `not_supported` */
export function readContent(content: unknown, name: string): AskPart[] {
  if (content === undefined || content === null) return []
  if (typeof content === 'string') return content === '' ? [] : [{ type: 'text', text: content }]
  if (!Array.isArray(content)) throw wrong(name, 'a string or a list of parts', content)
  return content.map((part, i) => readPart(object(part, `${name}[${i}]`), `${name}[${i}]`))
}

function readPart(part: Json, name: string): AskPart {
  switch (part.type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: text(part.text, `${name}.text`) ?? '' }
    case 'refusal':
      return { type: 'text', text: text(part.refusal, `${name}.refusal`) ?? '' }
    case 'image_url':
      return readImage(isObject(part.image_url) ? part.image_url.url : part.image_url, `${name}.image_url.url`)
    case 'input_image':
      if (part.file_id) throw noFiles(`${name}.file_id`)
      return readImage(part.image_url, `${name}.image_url`)
    case 'input_audio': {
      const audio = isObject(part.input_audio) ? part.input_audio : part
      if (audio.format !== undefined)
        oneOf(audio.format, `${name}.input_audio.format`, ['wav', 'mp3', 'flac', 'opus', 'ogg', 'webm'])
      // Realtime has the sound in the part itself
      return { type: 'audio', audio: { bytes: decodeBase64(audio.data ?? audio.audio, `${name}.input_audio.data`) } }
    }
    case 'file':
    case 'input_file':
      throw noFiles(`${name}.file`)
    default:
      throw wrong(`${name}.type`, 'text, image or audio', part.type)
  }
}

/** Pictures come in the request; another host is never asked for one. */
function readImage(url: unknown, name: string): AskPart {
  const given = text(url, name)
  if (given?.startsWith('data:')) return { type: 'image', bytes: decodeBase64(given, name) }
  throw new FieldError(
    name,
    `Expected '${name}' to be a data: URL with the picture; this server fetches nothing from other hosts.`,
  )
}

const noFiles = (name: string): VigiaError =>
  new VigiaError('not_supported', `Files (${name}) are not kept here; put pictures and recordings into the request.`)

/** Nested as in chat, or flat as in responses and realtime. @throws VigiaError `invalid_request`, `not_supported` */
export function readTools(tools: unknown, name = 'tools'): LlmTool[] {
  if (tools === undefined || tools === null) return []
  if (!Array.isArray(tools)) throw wrong(name, 'a list', tools)
  return tools.map((tool, i) => {
    const given = object(tool, `${name}[${i}]`)
    if (given.type !== 'function')
      throw new VigiaError(
        'not_supported',
        `Tools of type "${String(given.type).slice(0, 40)}" are not run here; expected "function".`,
      )
    const spec = isObject(given.function) ? given.function : given
    const id = text(spec.name, `${name}[${i}].name`)
    if (!id) throw new FieldError(`${name}[${i}].name`, `Missing required parameter: '${name}[${i}].name'.`)
    return {
      name: id,
      description: text(spec.description, `${name}[${i}].description`) ?? '',
      parameters:
        spec.parameters == null ? { type: 'object', properties: {} } : object(spec.parameters, `${name}[${i}].parameters`),
    }
  })
}

export function readToolChoice(choice: unknown): AskRequest['toolChoice'] {
  if (choice === undefined || choice === null) return undefined
  if (isObject(choice)) {
    const named = isObject(choice.function) ? choice.function.name : choice.name
    if (typeof named === 'string') return { name: named }
    throw wrong('tool_choice', 'a function by name', choice)
  }
  return oneOf(choice, 'tool_choice', ['none', 'auto', 'required'] as const)
}

/** `response_format` of chat, or `text.format` of responses. */
export function readJsonFormat(format: unknown, name: string): AskRequest['json'] {
  const given = object(format, name)
  const type = oneOf(given.type, `${name}.type`, ['text', 'json_object', 'json_schema'])
  if (type === 'json_object') return {}
  if (type !== 'json_schema') return undefined
  const schema = isObject(given.json_schema) ? given.json_schema.schema : given.schema
  return { schema: object(schema, `${name}.json_schema.schema`) }
}
