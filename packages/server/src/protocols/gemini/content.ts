import { VigiaError } from '@vigia/protocol'
import type { LlmTool, LlmToolCall } from '../../engines/llm.ts'
import type { AskMessage, AskPart } from '../compat/ask.ts'
import type { AudioUpload } from '../compat/audio-upload.ts'
import { decodeBase64 } from '../compat/base64.ts'
import { isObject, type Json, list, object, text, wrong } from '../compat/read.ts'
import { toJsonSchema } from './schema.ts'

/** Gemini's contents, parts and functions, keys already in camelCase. Pure. */

/** @throws VigiaError `invalid_request`, `not_supported` */
export function readContents(contents: unknown, name = 'contents'): AskMessage[] {
  return list(contents).flatMap((content, i) => {
    if (typeof content === 'string') return [{ role: 'user' as const, content: [{ type: 'text' as const, text: content }] }]
    return readTurn(object(content, `${name}[${i}]`), `${name}[${i}]`)
  })
}

/** A plain string, one content, or parts. */
export function readSystem(instruction: unknown): AskMessage[] {
  if (instruction === undefined || instruction === null) return []
  if (typeof instruction === 'string') return [{ role: 'system', content: [{ type: 'text', text: instruction }] }]
  const turns = readContents(
    isObject(instruction) && !('parts' in instruction) ? { parts: [instruction] } : instruction,
    'systemInstruction',
  )
  return turns.map(({ content }) => ({ role: 'system', content }))
}

/** One content may hold what other APIs have as several messages: answers of functions beside words. */
function readTurn(content: Json, name: string): AskMessage[] {
  const role = content.role === 'model' ? 'assistant' : 'user'
  const parts = list(content.parts).map((part, i) => ({ part: object(part, `${name}.parts[${i}]`), at: `${name}.parts[${i}]` }))
  const results = parts.flatMap(({ part, at }): AskMessage[] => {
    if (part.functionResponse === undefined) return []
    const given = object(part.functionResponse, `${at}.functionResponse`)
    return [
      {
        role: 'tool',
        toolCallId: text(given.id, `${at}.functionResponse.id`) ?? text(given.name, `${at}.functionResponse.name`) ?? '',
        content: [{ type: 'text', text: JSON.stringify(resultOf(given.response)) }],
      },
    ]
  })
  const toolCalls = parts.flatMap(({ part, at }) =>
    part.functionCall === undefined ? [] : [readCall(part.functionCall, `${at}.functionCall`)],
  )
  const said = parts.flatMap(({ part, at }) => readPart(part, at))
  const own =
    said.length > 0 || toolCalls.length > 0
      ? [{ role, content: said, ...(toolCalls.length > 0 ? { toolCalls } : {}) } as AskMessage]
      : []
  return [...results, ...own]
}

/** `output` or `error` by convention; else the whole object is the result. */
export function resultOf(response: unknown): unknown {
  if (!isObject(response)) return response ?? null
  return 'output' in response ? response.output : response
}

function readCall(value: unknown, name: string): LlmToolCall {
  const call = object(value, name)
  const id = text(call.name, `${name}.name`) ?? ''
  return { id: text(call.id, `${name}.id`) ?? id, name: id, arguments: JSON.stringify(call.args ?? {}) }
}

function readPart(part: Json, name: string): AskPart[] {
  if (part.thought === true) return []
  if (typeof part.text === 'string') return part.text === '' ? [] : [{ type: 'text', text: part.text }]
  if (part.inlineData !== undefined) return [readBlob(object(part.inlineData, `${name}.inlineData`), `${name}.inlineData`)]
  if (part.fileData !== undefined) {
    throw new VigiaError('not_supported', `Files (${name}.fileData) are not kept here; send the bytes as inlineData.`)
  }
  return []
}

function readBlob(blob: Json, name: string): AskPart {
  const mime = (text(blob.mimeType, `${name}.mimeType`) ?? '').toLowerCase()
  const bytes = decodeBase64(blob.data, `${name}.data`)
  if (mime.startsWith('image/')) return { type: 'image', bytes }
  if (mime.startsWith('audio/') || mime === 'video/webm' || mime === 'application/ogg')
    return { type: 'audio', audio: { bytes, raw: rawOf(mime) } }
  if (mime.startsWith('text/')) return { type: 'text', text: bytes.toString('utf8') }
  throw wrong(`${name}.mimeType`, 'an image, audio or text type', mime)
}

/** `audio/pcm;rate=16000`, `audio/L16;rate=24000`: samples without a header; 16 kHz where no rate is told. */
export function rawOf(mime: string): AudioUpload['raw'] {
  if (!/^audio\/(pcm|l16|raw)\b/i.test(mime)) return undefined
  const rate = Number(/rate=(\d+)/i.exec(mime)?.[1] ?? 16_000)
  return { encoding: 'pcm16', sampleRate: rate, channels: 1 }
}

/** @throws VigiaError `not_supported` for tools that the vendor runs itself */
export function readTools(tools: unknown): LlmTool[] {
  return list(tools).flatMap((tool, i) => {
    const given = object(tool, `tools[${i}]`)
    const other = Object.keys(given).find((key) => key !== 'functionDeclarations')
    if (other) throw new VigiaError('not_supported', `Tool "${other}" is not run here; expected functionDeclarations.`)
    return list(given.functionDeclarations).map((declaration, j) => {
      const spec = object(declaration, `tools[${i}].functionDeclarations[${j}]`)
      const name = text(spec.name, 'name')
      if (!name) throw wrong(`tools[${i}].functionDeclarations[${j}].name`, 'a name', spec.name)
      const parameters = isObject(spec.parametersJsonSchema)
        ? spec.parametersJsonSchema
        : spec.parameters
          ? toJsonSchema(spec.parameters)
          : {}
      return { name, description: text(spec.description, 'description') ?? '', parameters: { type: 'object', ...parameters } }
    })
  })
}
