import { writeWav } from '../../../media/wav.ts'
import type { LlmMessage, LlmPart } from '../../llm.ts'
import { MEDIA_MARKER, type NativeRequest } from './addon.ts'
import type { LlamaRequest } from './calls.ts'

/** Our request → the addon's. Pure. */

export function toNativeRequest(request: LlamaRequest, threads: number): NativeRequest {
  const media = request.messages.flatMap(({ content }) => content.flatMap(mediaOf))
  const { maxTokens, temperature, topP, seed, stop, schema, tools, toolChoice } = request
  return {
    messages: request.messages.map(toNativeMessage),
    ...(media.length > 0 ? { media_paths: media } : {}),
    jinja: true,
    enable_thinking: false,
    reasoning_format: 'auto',
    n_predict: maxTokens,
    temperature,
    seed,
    n_threads: threads,
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(stop ? { stop } : {}),
    ...(schema ? { response_format: { type: 'json_schema', json_schema: { strict: true, schema } } } : {}),
    ...(tools
      ? { tools: tools.map((tool) => ({ type: 'function' as const, function: tool })), tool_choice: toolChoice ?? 'auto' }
      : {}),
  }
}

function toNativeMessage({ role, content, toolCalls, toolCallId }: LlmMessage): NativeRequest['messages'][number] {
  const text = content.map((part) => (part.type === 'text' ? part.text : MEDIA_MARKER)).join('\n')
  const calls = toolCalls?.map(({ id, name, arguments: args }) => ({ id, type: 'function', function: { name, arguments: args } }))
  return { role, content: text, ...(calls ? { tool_calls: calls } : {}), ...(toolCallId ? { tool_call_id: toolCallId } : {}) }
}

function mediaOf(part: LlmPart): string[] {
  if (part.type === 'image') return [`data:image/jpeg;base64,${Buffer.from(part.jpeg).toString('base64')}`]
  if (part.type === 'audio')
    return [`data:audio/wav;base64,${Buffer.from(writeWav(part.samples, part.sampleRate)).toString('base64')}`]
  return []
}
