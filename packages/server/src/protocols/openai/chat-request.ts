import { VigiaError } from '@vigia/protocol'
import type { LlmToolCall } from '../../engines/llm.ts'
import type { AskMessage, AskRequest } from '../compat/ask.ts'
import { FieldError, flag, isObject, type Json, list, number, object, oneOf, text } from '../compat/read.ts'
import { readContent, readJsonFormat, readToolChoice, readTools } from './content.ts'
import { voiceOf } from './speech.ts'

/** The body of `POST /v1/chat/completions`. Pure. */

export const CHAT_FIELDS = new Set([
  'model',
  'messages',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'top_p',
  'stop',
  'seed',
  'n',
  'response_format',
  'tools',
  'tool_choice',
  'stream',
  'stream_options',
  'modalities',
  'audio',
  'logprobs',
  'functions',
  'parallel_tool_calls',
  'web_search_options',
  'store',
])

export interface ChatRequest {
  model: string | undefined
  ask: AskRequest
  /** False: nothing of this request is kept. */
  store: boolean
  stream: boolean
  includeUsage: boolean
  /** Spoken answer. */
  audio: { voice: string | undefined; format: string } | null
}

/** @throws VigiaError `invalid_request`, `not_supported` */
export function readChat(value: unknown): ChatRequest {
  const body = object(value, 'body')
  refuse(body)
  const messages = list(body.messages)
  if (messages.length === 0) throw new FieldError('messages', "Expected 'messages' to have at least one message.")
  const modalities = list(body.modalities)
  const audio = object(body.audio, 'audio')
  return {
    model: text(body.model, 'model'),
    store: body.store !== false,
    stream: flag(body.stream ?? false),
    includeUsage: flag(object(body.stream_options, 'stream_options').include_usage ?? false),
    audio: modalities.includes('audio')
      ? { voice: voiceOf(audio.voice), format: text(audio.format, 'audio.format') ?? 'wav' }
      : null,
    ask: {
      messages: messages.map((message, i) => readMessage(object(message, `messages[${i}]`), `messages[${i}]`)),
      maxTokens:
        number(body.max_completion_tokens, 'max_completion_tokens', [1, 1e6]) ?? number(body.max_tokens, 'max_tokens', [1, 1e6]),
      temperature: number(body.temperature, 'temperature', [0, 2]),
      topP: number(body.top_p, 'top_p', [0, 1]),
      seed: number(body.seed, 'seed'),
      stop: list(body.stop).map((stop) => text(stop, 'stop')!),
      json: readJsonFormat(body.response_format, 'response_format'),
      tools: readTools(body.tools),
      toolChoice: readToolChoice(body.tool_choice),
      oneCall: body.parallel_tool_calls === false,
    },
  }
}

/** What would be silently wrong if it were ignored. */
function refuse(body: Json): void {
  if ((number(body.n, 'n', [1, 128]) ?? 1) > 1)
    throw new VigiaError('not_supported', "Several answers at once ('n') are not made here; ask again.")
  if (body.logprobs === true) throw new VigiaError('not_supported', "Log probabilities ('logprobs') are not given here.")
  if (list(body.functions).length > 0) throw new VigiaError('not_supported', "'functions' is the old form; send 'tools'.")
  if (body.web_search_options != null)
    throw new VigiaError('not_supported', "Nothing is looked up ('web_search_options'): this server asks no other host.")
}

const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function'] as const

function readMessage(message: Json, name: string): AskMessage {
  const role = oneOf(message.role, `${name}.role`, ROLES)
  if (!role) throw new FieldError(`${name}.role`, `Missing required parameter: '${name}.role'.`)
  const content = readContent(message.content, `${name}.content`)
  if (role === 'assistant') {
    const toolCalls = list(message.tool_calls).map((call, i) => readCall(call, `${name}.tool_calls[${i}]`))
    return { role, content, ...(toolCalls.length > 0 ? { toolCalls } : {}) }
  }
  if (role === 'tool' || role === 'function') {
    return { role: 'tool', content, toolCallId: text(message.tool_call_id ?? message.name, `${name}.tool_call_id`) ?? '' }
  }
  return { role: role === 'user' ? 'user' : 'system', content }
}

function readCall(value: unknown, name: string): LlmToolCall {
  const call = object(value, name)
  const spec = isObject(call.function) ? call.function : {}
  return {
    id: text(call.id, `${name}.id`) ?? '',
    name: text(spec.name, `${name}.function.name`) ?? '',
    arguments: text(spec.arguments, `${name}.function.arguments`) ?? '{}',
  }
}
