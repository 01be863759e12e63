import type { ContextItem } from '../../session/assistant.ts'
import { type AskMessage, textOf } from './ask.ts'

/**
 * What a message of an earlier conversation tells the assistant: its words, and of functions what was called and what came back.
 * Null where it tells nothing.
 */
export function contextOf(message: AskMessage, words = textOf(message)): ContextItem | null {
  const { role, toolCalls = [], toolCallId } = message
  if (role === 'tool') return { role: 'system', text: `Result of the function call ${toolCallId ?? ''}: ${words}` }
  const calls = toolCalls.map(({ id, name, arguments: args }) => `[Function call ${id}: ${name}(${args})]`)
  const text = [words, ...calls].filter((part) => part.trim() !== '').join('\n')
  return text === '' ? null : { role, text }
}
