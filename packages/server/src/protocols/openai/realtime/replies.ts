import type { AssistantInput } from '../../../session/assistant.ts'
import type { SessionEvent } from '../../../session/service.ts'
import { asVigiaError } from '../../compat/errors.ts'
import type { Json } from '../../compat/read.ts'
import { openAiError } from '../errors.ts'
import type { Item } from './items.ts'
import { type ResponseHead, ResponseLife } from './response.ts'

/**
 * The assistant's answers as responses. An answer of ours may be several of theirs: a call of a function ends a response, and the
 * client asks for the next when it has the result.
 */

type Reason = 'turn_detected' | 'client_cancelled'

export class Replies {
  readonly #send: (events: readonly Json[]) => void
  #life: ResponseLife | null = null
  /** The answer that the present response tells; events of a cancelled one are dropped. */
  #replyId: number | null = null
  #dropped = 0
  #waiting = new Set<string>()
  #results: { callId: string; content: string }[] = []
  #audioMs = new Map<string, number>()
  #lastAudioMs = 0

  constructor(send: (events: readonly Json[]) => void) {
    this.#send = send
  }

  get active(): boolean {
    return this.#life !== null
  }

  get waitsForTool(): boolean {
    return this.#waiting.size > 0
  }

  begin({ inputTokens, ...head }: ResponseHead & { inputTokens: number }): void {
    const add = head.addItem
    this.#lastAudioMs = 0
    const addItem = add
      ? (item: Item): string | null => {
          this.#audioMs.set(item.id, 0)
          if (this.#audioMs.size > 100) this.#audioMs.delete(this.#audioMs.keys().next().value!)
          return add(item)
        }
      : null
    this.#life = new ResponseLife({ ...head, addItem }, inputTokens)
    this.#send(this.#life.begin())
  }

  started(replyId: number): void {
    if (replyId > this.#dropped) this.#replyId = replyId
  }

  take(event: SessionEvent): void {
    const life = this.#life
    if (!life || !('replyId' in event) || event.replyId === undefined || event.replyId <= this.#dropped) return
    switch (event.type) {
      case 'reply_text':
        this.#send(life.text(event.fragment === 0 ? event.text : ` ${event.text}`))
        return
      case 'reply_audio':
        this.#lastAudioMs += (event.samples.length * 1000) / event.sampleRate
        this.#send(life.audio(event.samples, event.sampleRate))
        return
      case 'reply_done':
        this.#end(life.end({ status: 'completed' }))
        return
      case 'reply_interrupted': {
        const reason: Reason = event.reason === 'client_cancelled' ? 'client_cancelled' : 'turn_detected'
        this.#dropped = event.replyId
        this.#end(life.end({ status: 'cancelled', reason }, event.heardText))
        return
      }
      case 'tool_call':
        this.#waiting.add(event.callId)
        this.#send(life.call(event.callId, event.name, JSON.stringify(event.arguments)))
        this.#end(life.end({ status: 'completed' }))
    }
  }

  cancel(reason: Reason): void {
    if (this.#replyId !== null) this.#dropped = this.#replyId
    this.#waiting.clear()
    if (this.#life) this.#end(this.#life.end({ status: 'cancelled', reason }))
  }

  failed(error: unknown): void {
    if (!this.#life) return
    const { type, code, message } = openAiError(asVigiaError(error as Error)).error
    if (this.#replyId !== null) this.#dropped = this.#replyId
    this.#end(this.#life.end({ status: 'failed', error: { type, code, message } }))
  }

  /** Kept until the client asks for the response that rests on it. */
  toolResult(callId: string, content: string): void {
    this.#results.push({ callId, content })
  }

  /** False when no call waits: then a new answer has to be asked for. */
  giveToolResults(assistant: AssistantInput): boolean {
    const results = this.#results.splice(0)
    const given = results.filter(({ callId }) => this.#waiting.delete(callId))
    for (const result of given) assistant.toolResult(result)
    return given.length > 0
  }

  /** What was not heard of an answer is not remembered as said. */
  truncate(item: Item, playedMs: number): void {
    const totalMs = this.#audioMs.get(item.id) ?? 0
    const part = Array.isArray(item.content) ? (item.content[0] as Json | undefined) : undefined
    if (!part || typeof part.transcript !== 'string' || totalMs <= playedMs) return
    part.transcript = part.transcript.slice(0, Math.floor((part.transcript.length * playedMs) / totalMs))
  }

  #end(events: Json[]): void {
    const message = events.find(({ type }) => type === 'response.output_item.done') as { item?: Item } | undefined
    if (message?.item) this.#audioMs.set(message.item.id, this.#lastAudioMs)
    this.#life = null
    this.#send(events)
  }
}
