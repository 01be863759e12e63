import type { AssistantInput, MessageRef } from '../../../session/assistant.ts'
import type { SessionEvent } from '../../../session/service.ts'
import { Batch } from '../../compat/batch.ts'
import { asVigiaError } from '../../compat/errors.ts'
import type { Json } from '../../compat/read.ts'
import { openAiError } from '../errors.ts'
import type { Item } from './items.ts'
import { type ResponseHead, ResponseLife } from './response.ts'

/**
 * The assistant's answers as responses. An answer of ours may be several of theirs: calls of functions end a response, and the
 * client asks for the next when it has the results.
 */

/** A response to begin; `addItem` also learns as what the assistant will remember the item. */
export interface NewResponse extends Omit<ResponseHead, 'addItem'> {
  inputTokens: number
  addItem: (item: Item, ref: MessageRef | null) => string | null
}

type Call = Extract<SessionEvent, { type: 'tool_call' }>

type Reason = 'turn_detected' | 'client_cancelled'

export class Replies {
  readonly #send: (events: readonly Json[]) => void
  #life: ResponseLife | null = null
  /** The answer that the present response tells; events of a cancelled one are dropped. */
  #replyId: number | null = null
  /** The newest answer that began: the end of it is told by events of its own. */
  #begunId = 0
  #dropped = 0
  #waiting = new Set<string>()
  /** Several calls of one answer belong to one response. */
  readonly #calls = new Batch<Call>((calls) => this.#tellCalls(calls))
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

  /** Whether a call of a function waits for this result. */
  awaits(callId: string): boolean {
    return this.#waiting.has(callId)
  }

  begin({ inputTokens, addItem: add, ...head }: NewResponse): void {
    this.#lastAudioMs = 0
    const addItem = (item: Item): string | null => {
      this.#audioMs.set(item.id, 0)
      if (this.#audioMs.size > 100) this.#audioMs.delete(this.#audioMs.keys().next().value!)
      return add(item, item.type === 'message' && this.#replyId !== null ? { replyId: this.#replyId } : null)
    }
    this.#life = new ResponseLife({ ...head, addItem }, inputTokens)
    this.#send(this.#life.begin())
  }

  started(replyId: number): void {
    this.#begunId = replyId
    this.called(replyId)
  }

  /** An answer calls functions, which it may do before it begins. */
  called(replyId: number): void {
    if (replyId > this.#dropped) this.#replyId = replyId
  }

  /** An answer was stopped. One that had not begun leaves a response behind that nothing else would end. */
  stopped(replyId: number): void {
    if (!this.#life || replyId === this.#begunId) return
    this.#replyId = replyId
    this.cancel('turn_detected')
  }

  take(event: SessionEvent): void {
    if (event.type === 'tool_call') {
      if (event.replyId > this.#dropped) this.#calls.add(event)
      return
    }
    this.#calls.flush()
    // nobody waits any more for the calls of an answer that was stopped
    if (event.type === 'tool_cancel') for (const id of event.callIds) this.#waiting.delete(id)
    if (event.type === 'reply_interrupted') this.#waiting.clear()
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
        this.#dropped = event.replyId // its sound may be stopped still, when the next response runs already
        this.#end(life.end(event.cut ? { status: 'incomplete', reason: 'max_output_tokens' } : { status: 'completed' }))
        return
      case 'reply_interrupted': {
        const reason: Reason = event.reason === 'client_cancelled' ? 'client_cancelled' : 'turn_detected'
        this.#dropped = event.replyId
        this.#lastAudioMs = Math.min(this.#lastAudioMs, event.playedMs)
        this.#end(life.end({ status: 'cancelled', reason }, event.heardText))
      }
    }
  }

  #tellCalls(calls: readonly Call[]): void {
    const life = this.#life
    if (!life) return
    for (const call of calls) {
      this.#waiting.add(call.callId)
      this.#send(life.call(call.callId, call.name, JSON.stringify(call.arguments)))
    }
    this.#end(life.end({ status: 'completed' }))
  }

  cancel(reason: Reason): void {
    this.#calls.flush()
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

  /** Kept until the client asks for the response that rests on it; when it has asked already, that response goes on with it. */
  toolResult(callId: string, content: string, assistant: AssistantInput): void {
    this.#results.push({ callId, content })
    if (this.active) this.giveToolResults(assistant)
  }

  /** False when no call waits: then a new answer has to be asked for. */
  giveToolResults(assistant: AssistantInput): boolean {
    const results = this.#results.splice(0)
    const given = results.filter(({ callId }) => this.#waiting.delete(callId))
    for (const result of given) assistant.toolResult(result)
    return given.length > 0
  }

  /** What was not heard of an answer is not remembered as said. True when words were taken off. */
  truncate(item: Item, playedMs: number): boolean {
    const totalMs = this.#audioMs.get(item.id) ?? 0
    const part = Array.isArray(item.content) ? (item.content[0] as Json | undefined) : undefined
    if (!part || typeof part.transcript !== 'string' || totalMs <= playedMs) return false
    part.transcript = part.transcript.slice(0, Math.floor((part.transcript.length * playedMs) / totalMs))
    return true
  }

  #end(events: Json[]): void {
    const message = events.find(({ type }) => type === 'response.output_item.done') as { item?: Item } | undefined
    if (message?.item) this.#audioMs.set(message.item.id, this.#lastAudioMs)
    this.#life = null
    this.#send(events)
  }
}
