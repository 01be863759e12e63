import { randomUUID } from 'node:crypto'
import type { LlmEvent } from '../../engines/llm.ts'
import type { Json } from '../compat/read.ts'

/** `GenerateContentResponse`s out of an answer's events: no nulls, no empty parts, usage in the last. Pure. */

export interface PromptTokens {
  text: number
  image: number
  audio: number
}

export class GenerateBuilder {
  readonly #head: Json
  readonly #bareEnum: boolean

  constructor(model: string, bareEnum = false) {
    this.#head = { modelVersion: model, responseId: randomUUID() }
    this.#bareEnum = bareEnum
  }

  /** Parts of one event; the end has none. */
  parts(event: LlmEvent): Json[] {
    if (event.type === 'text') return event.text === '' ? [] : [{ text: this.#bareEnum ? unquoted(event.text) : event.text }]
    if (event.type === 'tool_call')
      return [{ functionCall: { id: event.call.id, name: event.call.name, args: argsOf(event.call.arguments) } }]
    return []
  }

  chunk(parts: Json[]): Json {
    return { candidates: [{ content: { role: 'model', parts }, index: 0 }], ...this.#head }
  }

  last(parts: Json[], done: Extract<LlmEvent, { type: 'done' }> | null, prompt: PromptTokens): Json {
    const finishReason = done?.finish === 'length' ? 'MAX_TOKENS' : 'STOP'
    const content = { role: 'model', parts: parts.length > 0 ? parts : [{ text: '' }] }
    return { candidates: [{ content, finishReason, index: 0 }], usageMetadata: usage(done, prompt), ...this.#head }
  }
}

const unquoted = (text: string): string => /^"(.*)"$/s.exec(text)?.[1] ?? text

/** A model's arguments that are no JSON object are told as they were written. */
export function argsOf(text: string): Json {
  try {
    const args: unknown = JSON.parse(text === '' ? '{}' : text)
    return typeof args === 'object' && args !== null && !Array.isArray(args) ? (args as Json) : { value: args }
  } catch {
    return { text }
  }
}

export function promptDetails({ text, image, audio }: PromptTokens): Json[] {
  const all = [
    ['TEXT', text],
    ['IMAGE', image],
    ['AUDIO', audio],
  ] as const
  return all.filter(([, tokenCount]) => tokenCount > 0).map(([modality, tokenCount]) => ({ modality, tokenCount }))
}

/** The engine's own count of the prompt where it gives one. */
function usage(done: Extract<LlmEvent, { type: 'done' }> | null, prompt: PromptTokens): Json {
  const counted = prompt.text + prompt.image + prompt.audio
  const promptTokenCount = done?.usage.inputTokens || counted
  const candidatesTokenCount = done?.usage.outputTokens ?? 0
  const text = Math.max(0, promptTokenCount - prompt.image - prompt.audio)
  return {
    promptTokenCount,
    candidatesTokenCount,
    totalTokenCount: promptTokenCount + candidatesTokenCount,
    promptTokensDetails: promptDetails({ ...prompt, text }),
  }
}
