import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import type { Llm, LlmEvent, LlmRequest } from '../../engines/llm.ts'

/**
 * An answer that is JSON and fits its schema. The engine constrains decoding where it can; here the result is checked, and asked for
 * once more with the mistake named. The text comes in one piece: a part of a wrong answer must not leave.
 *
 * @throws VigiaError `llm_failed` when the second answer does not fit either
 */
export async function* jsonAnswer(
  llm: Llm,
  request: LlmRequest,
  schema: Record<string, unknown> | undefined,
  signal: AbortSignal,
): AsyncIterable<LlmEvent> {
  const wanted = schema ?? { type: 'object' }
  const check = checkOf(schema)
  let messages = request.messages
  for (let attempt = 0; attempt < 2; attempt++) {
    const answer = await collect(llm.generate({ ...request, messages, schema: wanted }, signal))
    if (answer.calls.length > 0 || answer.done?.finish === 'length') {
      yield* answer.events
      return
    }
    const text = withoutFences(answer.text)
    const mistake = check(text)
    if (mistake === null) {
      yield { type: 'text', text }
      if (answer.done) yield answer.done
      return
    }
    messages = [
      ...messages,
      { role: 'assistant', content: [{ type: 'text', text: answer.text }] },
      { role: 'user', content: [{ type: 'text', text: `${mistake} Answer again with the JSON alone.` }] },
    ]
  }
  throw new VigiaError('llm_failed', 'The language model gave no answer that fits the schema.', {
    hint: 'Simplify the schema or ask again.',
  })
}

interface Collected {
  events: LlmEvent[]
  text: string
  calls: LlmEvent[]
  done: Extract<LlmEvent, { type: 'done' }> | null
}

async function collect(stream: AsyncIterable<LlmEvent>): Promise<Collected> {
  const out: Collected = { events: [], text: '', calls: [], done: null }
  for await (const event of stream) {
    out.events.push(event)
    if (event.type === 'text') out.text += event.text
    else if (event.type === 'tool_call') out.calls.push(event)
    else out.done = event
  }
  return out
}

/** Models like to wrap JSON in a Markdown fence. */
export const withoutFences = (text: string): string => /^\s*```(?:json)?\s*([\s\S]*?)\s*```\s*$/.exec(text)?.[1] ?? text.trim()

/** Null when a text fits, else what is wrong with it. */
function checkOf(schema: Record<string, unknown> | undefined): (text: string) => string | null {
  const shape = schema ? shapeOf(schema) : null
  return (text) => {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      return 'That was not valid JSON.'
    }
    const issue = shape?.safeParse(value).error?.issues[0]
    return issue ? `That does not fit the schema at "${issue.path.join('.')}": ${issue.message}.` : null
  }
}

/** @throws VigiaError `invalid_request` for a schema that cannot be read */
function shapeOf(schema: Record<string, unknown>): z.ZodType {
  try {
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
  } catch (cause) {
    throw new VigiaError('invalid_request', 'The response schema is not a JSON Schema that can be read.', { cause })
  }
}
