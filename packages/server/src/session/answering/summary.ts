import type { Llm } from '../../engines/llm.ts'
import type { Conversation } from './conversation.ts'

/** Old turns give way to a summary, so that the conversation stays within its budget. */

const SYSTEM = 'Sum up this earlier conversation in at most 80 words, in its own language: facts, names, wishes, what is open.'
const MAX_TOKENS = 200

/** Takes what no longer fits out of the conversation; without a language model it is only forgotten. @throws VigiaError of the model */
export async function summariseOverflow(conversation: Conversation, llm: Llm | null, signal: AbortSignal): Promise<void> {
  const old = conversation.overflow()
  if (old.length === 0 || !llm) return
  const lines = [conversation.summary, ...old.map(({ role, text }) => `${role}: ${text}`)].filter((line) => line !== '')
  const messages = [
    { role: 'system' as const, content: [{ type: 'text' as const, text: SYSTEM }] },
    { role: 'user' as const, content: [{ type: 'text' as const, text: lines.join('\n') }] },
  ]
  let summary = ''
  for await (const event of llm.generate({ messages, maxTokens: MAX_TOKENS, temperature: 0 }, signal)) {
    if (event.type === 'text') summary += event.text
  }
  if (summary.trim() !== '') conversation.summary = summary.trim()
}
