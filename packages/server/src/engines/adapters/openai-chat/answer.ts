import { VigiaError } from '@vigia/protocol'
import type { LlmEvent, LlmToolCall } from '../../llm.ts'
import { readSse } from '../../sse.ts'
import { ThoughtFilter } from '../../thoughts.ts'
import { newToolCallId } from '../../tool-call-id.ts'
import type { Posted } from './http.ts'

/** The streamed answer of a chat server → our events. */

interface WireCall {
  index?: number
  id?: string
  function?: { name?: string; arguments?: string }
}

interface WireChunk {
  choices?: {
    delta?: { content?: string | null; tool_calls?: WireCall[] }
    message?: { content?: string | null; tool_calls?: WireCall[] }
    finish_reason?: string | null
  }[]
  usage?: { prompt_tokens?: number; completion_tokens?: number } | null
  error?: { message?: string }
}

/**
 * @param estimate - tokens of a text, where the server does not count
 * @throws VigiaError `llm_failed` when the stream breaks off or is no answer
 */
export async function* readAnswer(
  { body, type }: Posted,
  inputEstimate: number,
  estimate: (text: string) => number,
): AsyncGenerator<LlmEvent, void, void> {
  const filter = new ThoughtFilter()
  const calls: OpenCall[] = []
  let finish: string | null = null
  let usage: WireChunk['usage'] = null
  let written = ''
  for await (const data of type.includes('text/event-stream') ? readSse(body) : whole(body)) {
    if (data === '[DONE]') break
    const chunk = parseChunk(data)
    usage = chunk.usage ?? usage
    const [choice] = chunk.choices ?? []
    const delta = choice?.delta ?? choice?.message
    for (const call of delta?.tool_calls ?? []) addCall(calls, call)
    finish = choice?.finish_reason ?? finish
    const text = filter.push(delta?.content ?? '')
    if (text === '') continue
    written += text
    yield { type: 'text', text }
  }
  if (finish === null) throw new VigiaError('llm_failed', 'The language model service broke off in the middle of its answer.')
  const rest = filter.end()
  if (rest !== '') yield { type: 'text', text: rest }
  for (const { index: _, ...call } of calls) yield { type: 'tool_call', call }
  yield {
    type: 'done',
    finish: finish === 'length' ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop',
    usage: {
      inputTokens: usage?.prompt_tokens ?? inputEstimate,
      outputTokens: usage?.completion_tokens ?? estimate(written + rest),
    },
  }
}

async function* whole(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  yield Buffer.concat(chunks).toString()
}

function parseChunk(data: string): WireChunk {
  let chunk: WireChunk
  try {
    chunk = JSON.parse(data) as WireChunk
  } catch (cause) {
    throw new VigiaError('llm_failed', 'Expected JSON from the language model service.', { cause })
  }
  if (chunk.error) throw new VigiaError('llm_failed', 'The language model service failed while it answered.')
  return chunk
}

interface OpenCall extends LlmToolCall {
  index: number | undefined
}

/** Pieces of one call come under one index; some servers give all calls the same, and another id. */
function addCall(calls: OpenCall[], { index, id, function: spec }: WireCall): void {
  const known = index === undefined ? undefined : calls.findLast((call) => call.index === index)
  const isOther = known && id && spec?.name && known.id !== id
  const call = known && !isOther ? known : { index, id: id || newToolCallId(), name: '', arguments: '' }
  if (call !== known) calls.push(call)
  call.name += spec?.name ?? ''
  call.arguments += spec?.arguments ?? ''
}
