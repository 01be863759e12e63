import type { LlmMessage } from '../../engines/llm.ts'

/**
 * The conversation as a language model is shown it: what the user said, and of the answers only what was heard. Old turns give way
 * to a summary, so that it stays within its budget.
 */

/** Characters per token, low side, for Spanish: a budget that errs towards too few. */
const CHARS_PER_TOKEN = 3

export interface ConversationState {
  summary: string
  messages: { role: 'user' | 'assistant' | 'system'; text: string; turn?: string }[]
}

export class Conversation {
  #state: ConversationState
  readonly #maxChars: number

  constructor(maxTokens: number, state: ConversationState = { summary: '', messages: [] }) {
    this.#maxChars = maxTokens * CHARS_PER_TOKEN
    this.#state = state
  }

  get state(): ConversationState {
    return this.#state
  }

  /** A turn of the user; a later revision takes the place of the earlier one, and of what was answered to it. */
  user(text: string, turn: string): void {
    const at = this.#state.messages.findIndex((message) => message.turn === turn && message.role === 'user')
    if (at >= 0) this.#state.messages.length = at
    this.#add({ role: 'user', text, turn })
  }

  /** What was heard of an answer. */
  assistant(text: string, turn: string | null): void {
    if (text.trim() !== '') this.#add({ role: 'assistant', text: text.trim(), ...(turn ? { turn } : {}) })
  }

  note(role: 'user' | 'assistant' | 'system', text: string): void {
    this.#add({ role, text })
  }

  /** Messages that no longer fit, to be summarised; they are taken out. The last four always stay. */
  overflow(): ConversationState['messages'] {
    const { messages } = this.#state
    let chars = messages.reduce((sum, message) => sum + message.text.length, 0)
    if (chars <= this.#maxChars) return []
    let count = 0
    while (count < messages.length - 4 && chars > this.#maxChars / 2) chars -= messages[count++]!.text.length
    return messages.splice(0, count)
  }

  set summary(text: string) {
    this.#state.summary = text.slice(0, this.#maxChars / 4)
  }

  get summary(): string {
    return this.#state.summary
  }

  /** For the model. `except` leaves out the turn that is being answered. */
  history(except: string | null): LlmMessage[] {
    const { summary, messages } = this.#state
    const shown = messages.filter((message) => !(except !== null && message.turn === except && message.role === 'user'))
    const before = summary === '' ? [] : [{ role: 'system' as const, text: summary }]
    return [...before, ...shown].map(({ role, text }) => ({ role, content: [{ type: 'text', text }] }))
  }

  #add(message: ConversationState['messages'][number]): void {
    this.#state.messages.push({ ...message, text: message.text.slice(0, 8000) })
    if (this.#state.messages.length > 400) this.#state.messages.shift()
  }
}
