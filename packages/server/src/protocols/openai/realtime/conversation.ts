import type { AssistantInput } from '../../../session/assistant.ts'
import type { AskMessage } from '../../compat/ask.ts'
import { textOf } from '../../compat/ask.ts'
import { contextOf } from '../../compat/context.ts'
import { requireAssistant } from '../../compat/live-session.ts'
import { FieldError, isObject, type Json, list, number, text } from '../../compat/read.ts'
import { readItem } from '../responses-request.ts'
import type { RealtimeContext } from './context.ts'
import type { Item } from './items.ts'
import type { Replies } from './replies.ts'
import { formatOf, newId, partsOf } from './session-parts.ts'

/** `conversation.item.*`: what a client adds, reads, cuts and takes out; the assistant's memory follows. */

export class ConversationPart {
  readonly #context: RealtimeContext
  readonly #replies: Replies

  constructor(context: RealtimeContext, replies: Replies) {
    this.#context = context
    this.#replies = replies
  }

  async create(given: Json, previous: unknown): Promise<void> {
    const { items } = this.#context
    const after = text(previous, 'previous_item_id')
    const id = text(given.id, 'item.id') ?? newId('item')
    if (items.find(id)) throw new FieldError('item.id', `An item with the id '${id.slice(0, 80)}' exists already.`)
    const item: Item = {
      ...given,
      id,
      object: 'realtime.item',
      status: 'completed',
      type: text(given.type, 'item.type') ?? 'message',
    }
    const messages = readItem(item, 'item')
    const place = after === undefined ? undefined : items.refsUpTo(after)
    if (item.type === 'message' && item.role === 'user') item.content = list(item.content).map(withTranscript)
    const assistant = requireAssistant(await this.#context.open())
    const frameIds: string[] = []
    const heard: string[] = []
    for (const message of messages) {
      if (message.role === 'tool' && this.#replies.awaits(message.toolCallId ?? ''))
        this.#replies.toolResult(message.toolCallId ?? '', textOf(message), assistant)
      else {
        const known = await this.#remember(message, { item: id, ...(place ? { after: place } : {}) }, assistant)
        frameIds.push(...known.frameIds)
        heard.push(...known.heard)
      }
    }
    for (const part of list(item.content).filter(isObject))
      if (part.type === 'input_audio' && part.transcript === null) part.transcript = heard.shift() ?? null
    const before = items.add(item, { ref: { item: id }, frameIds, ...(after === undefined ? {} : { after }) })
    const told = { previous_item_id: before, item }
    this.#context.send([
      { type: 'conversation.item.added', ...told },
      { type: 'conversation.item.done', ...told },
    ])
  }

  retrieve(id: unknown): void {
    this.#context.send([{ type: 'conversation.item.retrieved', item: this.#context.items.require(id) }])
  }

  /** The recording and its transcript stay as they are: what is taken out is what the model is shown. */
  delete(id: unknown): void {
    const { items, session } = this.#context
    const { item, ref, frameIds } = items.remove(id)
    if (ref) session?.assistant?.rewrite(ref, items.wordsOf(ref))
    for (const frameId of frameIds) session?.assistant?.forgetPhoto(frameId)
    this.#context.send([{ type: 'conversation.item.deleted', item_id: item.id }])
  }

  truncate(event: Json): void {
    const { items, session } = this.#context
    const item = items.require(event.item_id)
    if (item.role !== 'assistant') throw new FieldError('item_id', 'Only items of the assistant can be truncated.')
    const playedMs = number(event.audio_end_ms, 'audio_end_ms', [0, 1e9]) ?? 0
    session?.assistant?.playback({ playedMs })
    const ref = items.refOf(item.id)
    if (this.#replies.truncate(item, playedMs) && ref) session?.assistant?.rewrite(ref, items.wordsOf(ref))
    this.#context.send([
      { type: 'conversation.item.truncated', item_id: item.id, content_index: event.content_index ?? 0, audio_end_ms: playedMs },
    ])
  }

  /** Tells the assistant; gives the ids of photos that were in it and the words of its recordings. */
  async #remember(
    message: AskMessage,
    place: object,
    assistant: AssistantInput,
  ): Promise<{ frameIds: string[]; heard: string[] }> {
    const { options, session, signal, settings } = this.#context
    const { deps, caller, asker } = options
    const words: string[] = []
    const frameIds: string[] = []
    const heard: string[] = []
    for (const part of message.content) {
      if (part.type === 'text') words.push(part.text)
      else if (part.type === 'audio') {
        const { encoding, sampleRate } = formatOf(partsOf(settings).input.format, 'session.audio.input.format')
        heard.push(await asker.heard({ ...part.audio, raw: { encoding, sampleRate, channels: 1 } }, caller, signal))
        words.push(heard.at(-1)!)
      } else {
        const photo = { bytes: part.bytes, sessionId: session!.id, owner: caller.owner, arrivedAt: deps.clock.wallMs() }
        frameIds.push((await deps.vision.submit(photo)).frameId)
      }
    }
    const told = contextOf(message, words.join('\n'))
    if (told) assistant.context([{ ...told, ...place }])
    return { frameIds, heard }
  }
}

const withTranscript = (part: unknown): unknown =>
  isObject(part) && part.type === 'input_audio' ? { type: 'input_audio', transcript: part.transcript ?? null } : part
