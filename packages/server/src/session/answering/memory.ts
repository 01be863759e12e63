import type { ContextItem, HistoryBudget, MessageRef } from '../assistant.ts'
import type { TurnId } from '../turn/types.ts'
import type { AssistantOptions } from './assistant-options.ts'
import { Conversation } from './conversation.ts'
import type { Reply } from './reply.ts'
import { summariseOverflow } from './summary.ts'

/** What the assistant remembers of its session: the conversation, kept for a restart and summed up when it grows too long. */
export class Memory {
  readonly conversation: Conversation
  readonly #options: Pick<AssistantOptions, 'engines' | 'save' | 'onError'>
  readonly #signal: AbortSignal
  /** Answers that are not to be remembered. */
  readonly #forgotten = new Set<number>()
  #summaries: Promise<void> = Promise.resolve()

  constructor(
    budget: HistoryBudget,
    options: Pick<AssistantOptions, 'engines' | 'save' | 'onError' | 'conversation'>,
    signal: AbortSignal,
  ) {
    this.conversation = new Conversation(budget, options.conversation ?? undefined)
    this.#options = options
    this.#signal = signal
  }

  heard(text: string, turn: TurnId): void {
    if (text !== '') this.conversation.user(text, turn)
    this.#summarise()
  }

  told(items: readonly ContextItem[]): void {
    for (const item of items) this.conversation.add(item)
    this.#summarise()
  }

  /** What was heard of an answer. */
  answered({ generation, turn }: Pick<Reply, 'generation' | 'turn'>, text: string): void {
    if (!this.#forgotten.delete(generation)) this.conversation.assistant(text, turn, generation)
  }

  rewrite(message: MessageRef, text: string): void {
    const known = this.conversation.rewrite(message, text)
    // an answer is remembered when its sound has ended
    if (!known && text === '' && 'replyId' in message) this.#forgotten.add(message.replyId)
    this.save()
  }

  /** Nothing that was said until now is known any more. */
  forget(): void {
    this.conversation.forget()
    this.save()
  }

  save(): void {
    this.#options.save(this.conversation.state)
  }

  /** One after the other: each summary takes up the one before it. */
  #summarise(): void {
    const { engines, onError } = this.#options
    this.#summaries = this.#summaries
      .then(() => summariseOverflow(this.conversation, engines.llm ?? engines.omni ?? null, this.#signal))
      .catch((error: unknown) => {
        if (!this.#signal.aborted) onError(error)
      })
  }
}
