import { writeWav } from '../../../media/wav.ts'
import type { LlmMessage, LlmPart, LlmRequest } from '../../llm.ts'

/** Our messages → the chat API's. Pure. */

export function toWireMessages(messages: readonly LlmMessage[]): Record<string, unknown>[] {
  return messages.map(({ role, content, toolCalls, toolCallId }) => ({
    role,
    content: isTextOnly(content)
      ? content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
      : content.map(toWirePart),
    ...(toolCalls ? { tool_calls: toolCalls.map(toWireCall) } : {}),
    ...(toolCallId ? { tool_call_id: toolCallId } : {}),
  }))
}

/** Some servers take a text only as a string. */
const isTextOnly = (content: readonly LlmPart[]): boolean => content.every(({ type }) => type === 'text')

const toWireCall = ({ id, name, arguments: args }: NonNullable<LlmMessage['toolCalls']>[number]) => ({
  id,
  type: 'function',
  function: { name, arguments: args },
})

function toWirePart(part: LlmPart): Record<string, unknown> {
  if (part.type === 'text') return { type: 'text', text: part.text }
  if (part.type === 'image')
    return { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${Buffer.from(part.jpeg).toString('base64')}` } }
  const wav = Buffer.from(writeWav(part.samples, part.sampleRate)).toString('base64')
  return { type: 'input_audio', input_audio: { data: wav, format: 'wav' } }
}

export function toolFields({ tools, toolChoice }: LlmRequest): Record<string, unknown> {
  if (!tools || tools.length === 0) return {}
  const choice =
    typeof toolChoice === 'object' ? { type: 'function', function: { name: toolChoice.name } } : (toolChoice ?? 'auto')
  return { tools: tools.map((tool) => ({ type: 'function', function: tool })), tool_choice: choice }
}
