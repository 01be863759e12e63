import { VigiaError } from '@vigia/protocol'
import type { AskMessage, AskRequest } from '../compat/ask.ts'
import { FieldError, flag, type Json, list, number, object, oneOf, text, wrong } from '../compat/read.ts'
import { readContent, readJsonFormat, readToolChoice, readTools } from './content.ts'

/** The body of `POST /v1/responses`. Pure. */

export const RESPONSES_FIELDS = new Set([
  'model',
  'input',
  'instructions',
  'max_output_tokens',
  'temperature',
  'top_p',
  'text',
  'tools',
  'tool_choice',
  'stream',
  'previous_response_id',
  'background',
  'conversation',
  'metadata',
  'prompt',
  'top_logprobs',
  'parallel_tool_calls',
  'store',
])

export interface ResponsesRequest {
  model: string | undefined
  ask: AskRequest
  stream: boolean
  previousId: string | undefined
  /** False: this answer is not remembered for `previous_response_id`. */
  store: boolean
  /** As it came, to be told back. */
  echo: Json
}

/** @throws VigiaError `invalid_request`, `not_supported` */
export function readResponses(value: unknown): ResponsesRequest {
  const body = object(value, 'body')
  if (flag(body.background ?? false))
    throw new VigiaError('not_supported', "Answers in the background ('background') are not made here; stream instead.")
  if (body.conversation != null)
    throw new VigiaError('not_supported', "Stored conversations ('conversation') are not kept here; use previous_response_id.")
  if (body.prompt != null)
    throw new VigiaError('not_supported', "Stored prompts ('prompt') are not kept here; send 'instructions' and 'input'.")
  if (
    list(body.include).includes('message.output_text.logprobs') ||
    (number(body.top_logprobs, 'top_logprobs', [0, 20]) ?? 0) > 0
  )
    throw new VigiaError('not_supported', 'Log probabilities are not given here.')
  const instructions = text(body.instructions, 'instructions')
  const input = readInput(body.input)
  if (input.length === 0) throw new FieldError('input', "Missing required parameter: 'input'.")
  return {
    model: text(body.model, 'model'),
    stream: flag(body.stream ?? false),
    previousId: text(body.previous_response_id, 'previous_response_id'),
    store: body.store !== false,
    echo: {
      instructions: instructions ?? null,
      metadata: body.metadata ?? {},
      parallel_tool_calls: body.parallel_tool_calls ?? true,
      temperature: number(body.temperature, 'temperature', [0, 2]) ?? 1,
      top_p: number(body.top_p, 'top_p', [0, 1]) ?? 1,
      tool_choice: body.tool_choice ?? 'auto',
      tools: list(body.tools),
      text: body.text ?? { format: { type: 'text' } },
      max_output_tokens: number(body.max_output_tokens, 'max_output_tokens', [1, 1e6]) ?? null,
    },
    ask: {
      messages: [...(instructions ? [system(instructions)] : []), ...input],
      maxTokens: number(body.max_output_tokens, 'max_output_tokens', [1, 1e6]),
      temperature: number(body.temperature, 'temperature', [0, 2]),
      topP: number(body.top_p, 'top_p', [0, 1]),
      json: readJsonFormat(object(body.text, 'text').format, 'text.format'),
      tools: readTools(body.tools),
      toolChoice: readToolChoice(body.tool_choice),
      oneCall: body.parallel_tool_calls === false,
    },
  }
}

const system = (words: string): AskMessage => ({ role: 'system', content: [{ type: 'text', text: words }] })

function readInput(input: unknown): AskMessage[] {
  if (typeof input === 'string') return input === '' ? [] : [{ role: 'user', content: [{ type: 'text', text: input }] }]
  return list(input).flatMap((item, i) => readItem(object(item, `input[${i}]`), `input[${i}]`))
}

const ROLES = ['system', 'developer', 'user', 'assistant'] as const

/** One item of a conversation, also as realtime writes them. @throws VigiaError `invalid_request` */
export function readItem(item: Json, name: string): AskMessage[] {
  switch (item.type ?? 'message') {
    case 'message': {
      const role = oneOf(item.role, `${name}.role`, ROLES) ?? 'user'
      return [{ role: role === 'developer' ? 'system' : role, content: readContent(item.content, `${name}.content`) }]
    }
    case 'function_call': {
      const call = {
        id: text(item.call_id, `${name}.call_id`) ?? '',
        name: text(item.name, `${name}.name`) ?? '',
        arguments: text(item.arguments, `${name}.arguments`) ?? '{}',
      }
      return [{ role: 'assistant', content: [], toolCalls: [call] }]
    }
    case 'function_call_output':
      return [
        {
          role: 'tool',
          toolCallId: text(item.call_id, `${name}.call_id`) ?? '',
          content: readContent(item.output, `${name}.output`),
        },
      ]
    case 'reasoning':
      return []
    default:
      throw wrong(`${name}.type`, 'message, function_call or function_call_output', item.type)
  }
}
