import type { Llm } from '../../engines/llm.ts'
import type { Conversation } from './conversation.ts'

/** Old turns give way to a summary, so that the conversation stays within its budget. */

const SYSTEM = 'Sum up this earlier conversation in at most 80 words, in its own language: facts, names, wishes, what is open.'
const MAX_TOKENS = 200

/**
 * Sums up what no longer fits. Until the summary is there, and when the model fails, the messages stay; without a model they are only
 * forgotten.
 *
 * @throws VigiaError of the model
 */
export async function summariseOverflow(conversation: Conversation, llm: Llm | null, signal: AbortSignal): Promise<void> {
  const old = conversation.overflow()
  if (old.length === 0) return
  if (!llm) conversation.fold(old, '')
  else {
    const summary = await summaryOf(conversation.summary, old, llm, signal)
    if (summary !== '') conversation.fold(old, summary)
  }
}

async function summaryOf(
  before: string,
  old: ReturnType<Conversation['overflow']>,
  llm: Llm,
  signal: AbortSignal,
): Promise<string> {
  const lines = [before, ...old.map(({ role, text }) => `${role}: ${text}`)].filter((line) => line !== '')
  const messages = [
    { role: 'system' as const, content: [{ type: 'text' as const, text: SYSTEM }] },
    { role: 'user' as const, content: [{ type: 'text' as const, text: lines.join('\n') }] },
  ]
  let summary = ''
  for await (const event of llm.generate({ messages, maxTokens: MAX_TOKENS, temperature: 0 }, signal)) {
    if (event.type === 'text') summary += event.text
  }
  return summary.trim()
}
