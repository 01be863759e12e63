import { randomUUID } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LlmEvent } from '../../engines/llm.ts'
import type { Asker, AskMessage } from '../compat/ask.ts'
import { abortedWith, type CompatDeps, callerOf, keptUnless } from '../compat/deps.ts'
import { asVigiaError } from '../compat/errors.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { Lru } from '../compat/lru.ts'
import { resolveModel } from '../compat/models.ts'
import { peeked } from '../compat/peek.ts'
import { FieldError, type Json } from '../compat/read.ts'
import { EventStream } from '../compat/sse.ts'
import { openAiError } from './errors.ts'
import { RESPONSES_FIELDS, readResponses } from './responses-request.ts'

/** `POST /v1/responses`: items instead of choices, events with names. */

/** Conversations remembered for `previous_response_id`, in memory, the newest. */
const MAX_REMEMBERED = 200
const MAX_REMEMBERED_BYTES = 128 * 1024 * 1024

interface Remembered {
  owner: string | null
  messages: AskMessage[]
}

export function responsesHandler(deps: CompatDeps, asker: Asker, fields: FieldLog) {
  const remembered = new Lru<string, Remembered>(MAX_REMEMBERED, { bytesOf, maxBytes: MAX_REMEMBERED_BYTES })
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const wanted = readResponses(request.body)
    const caller = keptUnless(callerOf(request, deps), !wanted.store)
    fields.unused('openai.responses', request.body as object, RESPONSES_FIELDS)
    const model = resolveModel(wanted.model, 'chat', deps)
    const earlier = wanted.previousId ? remembered.get(wanted.previousId) : undefined
    if (wanted.previousId && earlier?.owner !== caller.owner) {
      throw new FieldError('previous_response_id', `Previous response with id '${wanted.previousId.slice(0, 80)}' not found.`)
    }
    const messages = [...(earlier?.messages ?? []), ...wanted.ask.messages]
    const answer = new ResponseBuilder({
      model,
      created_at: Math.floor(deps.clock.wallMs() / 1000),
      echo: { ...wanted.echo, previous_response_id: wanted.previousId ?? null },
    })
    const signal = abortedWith(reply)
    const events = await peeked(asker.ask({ ...wanted.ask, messages }, caller, signal))
    const remember = (): void => {
      if (caller.keep)
        remembered.set(answer.id, {
          owner: caller.owner,
          messages: [...messages.filter(({ role }) => role !== 'system'), ...answer.messages()],
        })
    }
    if (!wanted.stream) {
      for await (const event of events) answer.take(event)
      answer.finish()
      remember()
      return reply.send(answer.body('completed'))
    }
    const out = new EventStream(reply)
    let sequence = 0
    const send = async (all: Json[]): Promise<void> => {
      for (const event of all) await out.event({ ...event, sequence_number: sequence++ }, event.type as string)
    }
    try {
      await send(answer.begin())
      for await (const event of events) await send(answer.take(event))
      await send(answer.finish())
      remember()
    } catch (error) {
      if (!signal.aborted)
        await send([
          {
            type: 'response.failed',
            response: {
              ...answer.body('failed'),
              error: { code: 'server_error', message: openAiError(asVigiaError(error as Error)).error.message },
            },
          },
        ])
    }
    out.end()
    return reply
  }
}

/** Pictures and recordings count in each conversation that has them, though it may share them with others. */
const bytesOf = ({ messages }: Remembered): number =>
  messages
    .flatMap(({ content }) => content)
    .reduce(
      (sum, part) =>
        sum + (part.type === 'text' ? part.text.length * 2 : part.type === 'image' ? part.bytes.length : part.audio.bytes.length),
      0,
    )

interface Item {
  id: string
  body: Json
  text: string
}

/** Grows one response and tells the events of its growth, in the order that the client checks. Pure. */
export class ResponseBuilder {
  readonly id = `resp_${randomUUID().replaceAll('-', '')}`
  readonly #head: { model: string; created_at: number; echo: Json }
  readonly #output: Json[] = []
  #message: Item | null = null
  #done: Extract<LlmEvent, { type: 'done' }> | null = null
  #text = ''
  #calls: { id: string; name: string; arguments: string }[] = []

  constructor(head: { model: string; created_at: number; echo: Json }) {
    this.#head = head
  }

  begin(): Json[] {
    const response = this.body('in_progress')
    return [
      { type: 'response.created', response },
      { type: 'response.in_progress', response },
    ]
  }

  take(event: LlmEvent): Json[] {
    if (event.type === 'done') {
      this.#done = event
      return []
    }
    if (event.type === 'tool_call') return [...this.#closeMessage(), ...this.#call(event.call)]
    this.#text += event.text
    const opened = this.#openMessage()
    this.#message!.text += event.text
    return [...opened, { type: 'response.output_text.delta', ...this.#place(), delta: event.text, logprobs: [] }]
  }

  finish(): Json[] {
    const closed = this.#closeMessage()
    const cut = this.#done?.finish === 'length'
    return [...closed, { type: cut ? 'response.incomplete' : 'response.completed', response: this.body('completed') }]
  }

  /** What the conversation keeps of this answer. */
  messages(): AskMessage[] {
    const content = this.#text === '' ? [] : [{ type: 'text' as const, text: this.#text }]
    return [{ role: 'assistant', content, ...(this.#calls.length > 0 ? { toolCalls: this.#calls } : {}) }]
  }

  body(status: 'in_progress' | 'completed' | 'failed'): Json {
    const cut = status === 'completed' && this.#done?.finish === 'length'
    const { inputTokens = 0, outputTokens = 0 } = this.#done?.usage ?? {}
    return {
      id: this.id,
      object: 'response',
      created_at: this.#head.created_at,
      status: cut ? 'incomplete' : status,
      error: null,
      incomplete_details: cut ? { reason: 'max_output_tokens' } : null,
      model: this.#head.model,
      output: [...this.#output],
      ...this.#head.echo,
      usage:
        status === 'completed'
          ? {
              input_tokens: inputTokens,
              input_tokens_details: { cached_tokens: 0 },
              output_tokens: outputTokens,
              output_tokens_details: { reasoning_tokens: 0 },
              total_tokens: inputTokens + outputTokens,
            }
          : null,
    }
  }

  #place(): Json {
    return { item_id: this.#message!.id, output_index: this.#output.length, content_index: 0 }
  }

  #openMessage(): Json[] {
    if (this.#message) return []
    const id = `msg_${randomUUID().replaceAll('-', '')}`
    this.#message = { id, text: '', body: { type: 'message', id, role: 'assistant', status: 'in_progress', content: [] } }
    return [
      { type: 'response.output_item.added', output_index: this.#output.length, item: this.#message.body },
      { type: 'response.content_part.added', ...this.#place(), part: textPart('') },
    ]
  }

  #closeMessage(): Json[] {
    const message = this.#message
    if (!message) return []
    const place = this.#place()
    const part = textPart(message.text)
    const item = { ...message.body, status: 'completed', content: [part] }
    const events = [
      { type: 'response.output_text.done', ...place, text: message.text, logprobs: [] },
      { type: 'response.content_part.done', ...place, part },
      { type: 'response.output_item.done', output_index: place.output_index, item },
    ]
    this.#output.push(item)
    this.#message = null
    return events
  }

  #call(call: { id: string; name: string; arguments: string }): Json[] {
    this.#calls.push(call)
    const id = `fc_${randomUUID().replaceAll('-', '')}`
    const output_index = this.#output.length
    const item = { type: 'function_call', id, call_id: call.id, name: call.name, arguments: call.arguments, status: 'completed' }
    this.#output.push(item)
    return [
      { type: 'response.output_item.added', output_index, item: { ...item, arguments: '', status: 'in_progress' } },
      { type: 'response.function_call_arguments.delta', item_id: id, output_index, delta: call.arguments },
      { type: 'response.function_call_arguments.done', item_id: id, output_index, name: call.name, arguments: call.arguments },
      { type: 'response.output_item.done', output_index, item },
    ]
  }
}

const textPart = (text: string): Json => ({ type: 'output_text', text, annotations: [], logprobs: [] })
