import { VigiaError } from '@vigia/protocol'
import type { Llm, LlmMessage } from '../../engines/llm.ts'
import { readAnswer } from './read-json.ts'

/** One question to the model whose answer is JSON. */

export interface Question {
  messages: LlmMessage[]
  /** Without one the answer is free text. */
  schema?: Record<string, unknown>
  maxTokens: number
}

/** Longest answer that is read, characters: a model in a loop ends here. */
const MAX_CHARS = 200_000

/** @returns null for an answer without any JSON */
export async function askJson(
  llm: Llm,
  question: Question,
  signal: AbortSignal,
): Promise<{ value: Record<string, unknown>; cut: boolean } | null> {
  const { text, isCut } = await askText(llm, question, signal)
  const answer = readAnswer(text)
  return answer ? { ...answer, cut: answer.cut || isCut } : null
}

export async function askText(llm: Llm, question: Question, signal: AbortSignal): Promise<{ text: string; isCut: boolean }> {
  let text = ''
  let isCut = false
  for await (const event of llm.generate({ ...question, temperature: 0, seed: 1 }, signal)) {
    if (event.type === 'text') text += event.text
    if (event.type === 'done') isCut = event.finish === 'length'
    if (text.length > MAX_CHARS) throw new VigiaError('llm_failed', 'The model wrote without end.')
  }
  return { text, isCut }
}
