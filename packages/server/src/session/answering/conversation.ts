import type { LlmMessage } from '../../engines/llm.ts'
import type { ContextItem, HistoryBudget, MessageRef } from '../assistant.ts'

/**
 * The conversation as a language model is shown it: what the user said, and of the answers only what was heard. Old turns give way
 * to a summary, so that it stays within its budget.
 */

/** Characters per token, low side, for Spanish: a budget that errs towards too few. */
const CHARS_PER_TOKEN = 3
const MAX_MESSAGES = 400
const MAX_MESSAGE_CHARS = 8000
/** The newest always stay. */
const KEPT = 4

interface Message {
  role: 'user' | 'assistant' | 'system'
  text: string
  turn?: string
  /** Number of the answer. */
  reply?: number
  /** Name that a client gave it. */
  item?: string
}

export interface ConversationState {
  summary: string
  messages: Message[]
}

export class Conversation {
  readonly #state: ConversationState
  budget: HistoryBudget

  /** @param state - as an earlier run kept it: its turns and answers are not those of this one */
  constructor(budget: HistoryBudget, { summary, messages }: ConversationState = { summary: '', messages: [] }) {
    this.budget = budget
    this.#state = { summary, messages: messages.map(({ turn: _turn, reply: _reply, ...message }) => message) }
  }

  get state(): ConversationState {
    return this.#state
  }

  /** A turn of the user; a later revision takes the place of the earlier one, and of what was answered to it. */
  user(text: string, turn: string): void {
    const at = this.#state.messages.findIndex((message) => message.turn === turn && message.role === 'user')
    if (at >= 0) this.#state.messages.length = at
    this.#insert({ role: 'user', text, turn })
  }

  /** What was heard of an answer. */
  assistant(text: string, turn: string | null, reply: number): void {
    if (text.trim() !== '') this.#insert({ role: 'assistant', text: text.trim(), reply, ...(turn ? { turn } : {}) })
  }

  add({ role, text, item, after }: ContextItem): void {
    const at = after?.map((ref) => this.#find(ref)).find((index) => index >= 0) ?? (after ? -1 : this.#state.messages.length - 1)
    this.#insert({ role, text, ...(item ? { item } : {}) }, at + 1)
  }

  /** Puts other words in the place of a message; none take it out. False when it is not there. */
  rewrite(ref: MessageRef, text: string): boolean {
    const at = this.#find(ref)
    if (at < 0) return false
    if (text === '') this.#state.messages.splice(at, 1)
    else this.#state.messages[at]!.text = text.slice(0, MAX_MESSAGE_CHARS)
    return true
  }

  /** The oldest messages, when all together no longer fit: to be summarised, no more than fit at once. The last four always stay. */
  overflow(): readonly Message[] {
    const { messages } = this.#state
    const { targetTokens } = this.budget
    let chars = messages.reduce((sum, message) => sum + message.text.length, 0)
    if (chars <= this.#maxChars) return []
    let left = this.#maxChars
    let count = 0
    while (count < messages.length - KEPT && chars > targetTokens * CHARS_PER_TOKEN) {
      const { length } = messages[count]!.text
      if (length > left && count > 0) break
      chars -= length
      left -= length
      count += 1
    }
    return messages.slice(0, count)
  }

  /** All of it is gone, and what is being summed up with it. */
  forget(): void {
    this.#state.summary = ''
    this.#state.messages.length = 0
  }

  /** A summary takes the place of old messages; an empty one only forgets them. */
  fold(old: readonly Message[], summary: string): void {
    if (!old.some((message) => this.#state.messages.includes(message))) return // forgotten meanwhile
    const left = this.#state.messages.filter((message) => !old.includes(message))
    this.#state.messages.splice(0, this.#state.messages.length, ...left)
    if (summary !== '') this.#state.summary = summary.slice(0, this.#maxChars / 4)
  }

  get summary(): string {
    return this.#state.summary
  }

  /** For the model: the summary and the newest messages that fit beside it. `except` leaves out the turn that is being answered, or the last message. */
  history(except: { turn: string | null; last?: boolean }): LlmMessage[] {
    const { summary, messages } = this.#state
    const isAnswered = ({ turn, role }: Message): boolean => except.turn !== null && turn === except.turn && role === 'user'
    const shown = (except.last ? messages.slice(0, -1) : messages).filter((message) => !isAnswered(message))
    const before = summary === '' ? [] : [{ role: 'system' as const, text: summary }]
    return [...before, ...newestWithin(this.#maxChars - summary.length, shown)].map(({ role, text }) => ({
      role,
      content: [{ type: 'text', text }],
    }))
  }

  get #maxChars(): number {
    return this.budget.triggerTokens * CHARS_PER_TOKEN
  }

  #find(ref: MessageRef): number {
    return this.#state.messages.findIndex((message) => {
      if ('item' in ref) return message.item === ref.item
      if ('replyId' in ref) return message.reply === ref.replyId
      return message.turn === ref.turnId && message.role === 'user'
    })
  }

  #insert(message: Message, at = this.#state.messages.length): void {
    this.#state.messages.splice(at, 0, { ...message, text: message.text.slice(0, MAX_MESSAGE_CHARS) })
    if (this.#state.messages.length > MAX_MESSAGES) this.#state.messages.shift()
  }
}

function newestWithin(maxChars: number, messages: readonly Message[]): readonly Message[] {
  let from = messages.length
  for (let left = maxChars; from > 0 && messages[from - 1]!.text.length <= left; from -= 1)
    left -= messages[from - 1]!.text.length
  return messages.slice(from)
}
