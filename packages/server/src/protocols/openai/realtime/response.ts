import { encodeAlaw, encodeMulaw } from '../../../media/g711.ts'
import { int16ToBytes } from '../../../media/sample-format.ts'
import { estimateTokens } from '../../compat/ask.ts'
import type { Json } from '../../compat/read.ts'
import type { Item } from './items.ts'
import { newId, type WireFormat } from './session-parts.ts'

/** One response and the events of its life, in the order that clients rely on. Pure. */

export interface ResponseHead {
  conversationId: string | null
  modality: 'audio' | 'text'
  format: WireFormat
  formatBody: unknown
  voice: unknown
  maxOutputTokens: unknown
  metadata: unknown
  /** Adds an item to the conversation; gives the id of the one before it. Null for responses beside the conversation. */
  addItem: ((item: Item) => string | null) | null
}

export type Ending =
  | { status: 'completed' }
  | { status: 'cancelled'; reason: 'turn_detected' | 'client_cancelled' }
  | { status: 'incomplete'; reason: 'max_output_tokens' }
  | { status: 'failed'; error: { type: string; code: string | null; message: string } }

const AUDIO_TOKENS_PER_S = 20

export class ResponseLife {
  readonly id = newId('resp')
  readonly #head: ResponseHead
  readonly #output: Item[] = []
  #message: Item | null = null
  #text = ''
  #audioMs = 0
  #inputTokens = 0
  #ended = false

  constructor(head: ResponseHead, inputTokens: number) {
    this.#head = head
    this.#inputTokens = inputTokens
  }

  get ended(): boolean {
    return this.#ended
  }

  begin(): Json[] {
    return [{ type: 'response.created', response: this.#body('in_progress', null) }]
  }

  text(delta: string): Json[] {
    const opened = this.#open()
    this.#text += delta
    const type = this.#head.modality === 'audio' ? 'response.output_audio_transcript.delta' : 'response.output_text.delta'
    return [...opened, { type, ...this.#place(), delta }]
  }

  audio(samples: Int16Array, sampleRate: number): Json[] {
    if (this.#head.modality !== 'audio') return []
    const opened = this.#open()
    this.#audioMs += (samples.length * 1000) / sampleRate
    const delta = Buffer.from(encode(samples, this.#head.format.encoding)).toString('base64')
    return [...opened, { type: 'response.output_audio.delta', ...this.#place(), delta }]
  }

  call(callId: string, name: string, args: string): Json[] {
    const closed = this.#close('completed')
    const item: Item = {
      id: newId('item'),
      object: 'realtime.item',
      type: 'function_call',
      status: 'in_progress',
      call_id: callId,
      name,
      arguments: '',
    }
    const at = { response_id: this.id, output_index: this.#output.length }
    const done: Item = { ...item, status: 'completed', arguments: args }
    const before = this.#head.addItem?.(done) ?? null
    this.#output.push(done)
    return [
      ...closed,
      { type: 'response.output_item.added', ...at, item },
      ...this.#inConversation({ type: 'conversation.item.added', previous_item_id: before, item }),
      { type: 'response.function_call_arguments.delta', ...at, item_id: item.id, call_id: callId, delta: args },
      { type: 'response.function_call_arguments.done', ...at, item_id: item.id, call_id: callId, name, arguments: args },
      ...this.#inConversation({ type: 'conversation.item.done', previous_item_id: before, item: done }),
      { type: 'response.output_item.done', ...at, item: done },
    ]
  }

  /** @param heardText - what is remembered of an answer that was cut short */
  end(ending: Ending, heardText?: string): Json[] {
    if (this.#ended) return []
    if (heardText !== undefined) this.#text = heardText
    const closed = this.#close(ending.status === 'completed' ? 'completed' : 'incomplete')
    this.#ended = true
    return [...closed, { type: 'response.done', response: this.#body(ending.status, detailsOf(ending)) }]
  }

  #open(): Json[] {
    if (this.#message) return []
    const item: Item = {
      id: newId('item'),
      object: 'realtime.item',
      type: 'message',
      status: 'in_progress',
      role: 'assistant',
      content: [],
    }
    this.#message = item
    const before = this.#head.addItem?.(item) ?? null
    const at = { response_id: this.id, output_index: this.#output.length }
    return [
      { type: 'response.output_item.added', ...at, item: { ...item } },
      ...this.#inConversation({ type: 'conversation.item.added', previous_item_id: before, item: { ...item } }),
      { type: 'response.content_part.added', ...this.#place(), part: this.#part('') },
    ]
  }

  #close(status: string): Json[] {
    const item = this.#message
    if (!item) return []
    const place = this.#place()
    const spoken = this.#head.modality === 'audio'
    item.status = status
    item.content = [spoken ? { type: 'output_audio', transcript: this.#text } : { type: 'output_text', text: this.#text }]
    const done = spoken
      ? [
          { type: 'response.output_audio.done', ...place },
          { type: 'response.output_audio_transcript.done', ...place, transcript: this.#text },
        ]
      : [{ type: 'response.output_text.done', ...place, text: this.#text }]
    const events: Json[] = [
      ...done,
      { type: 'response.content_part.done', ...place, part: this.#part(this.#text) },
      ...this.#inConversation({ type: 'conversation.item.done', previous_item_id: null, item: { ...item } }),
      { type: 'response.output_item.done', response_id: this.id, output_index: this.#output.length, item: { ...item } },
    ]
    this.#output.push(item)
    this.#message = null
    return events
  }

  /** In parts it is `audio` and `text`, in items `output_audio` and `output_text`. */
  #part(text: string): Json {
    return this.#head.modality === 'audio' ? { type: 'audio', transcript: text } : { type: 'text', text }
  }

  #place(): Json {
    return { response_id: this.id, item_id: this.#message!.id, output_index: this.#output.length, content_index: 0 }
  }

  #inConversation(event: Json): Json[] {
    return this.#head.addItem ? [event] : []
  }

  #body(status: string, details: Json | null): Json {
    const { conversationId, modality, formatBody, voice, maxOutputTokens, metadata } = this.#head
    return {
      object: 'realtime.response',
      id: this.id,
      status,
      status_details: details,
      output: this.#output.map((item) => ({ ...item })),
      conversation_id: conversationId,
      output_modalities: [modality],
      max_output_tokens: maxOutputTokens ?? 'inf',
      audio: { output: { format: formatBody, voice: typeof voice === 'string' ? voice : null } },
      usage: status === 'in_progress' ? null : this.#usage(),
      metadata: metadata ?? null,
    }
  }

  #usage(): Json {
    const text = estimateTokens(this.#text)
    const audio = Math.ceil((this.#audioMs / 1000) * AUDIO_TOKENS_PER_S)
    return {
      total_tokens: this.#inputTokens + text + audio,
      input_tokens: this.#inputTokens,
      output_tokens: text + audio,
      input_token_details: { text_tokens: this.#inputTokens, audio_tokens: 0, image_tokens: 0, cached_tokens: 0 },
      output_token_details: { text_tokens: text, audio_tokens: audio },
    }
  }
}

function detailsOf(ending: Ending): Json | null {
  if (ending.status === 'completed') return null
  if (ending.status === 'failed') return { type: 'failed', error: ending.error }
  return { type: ending.status, reason: ending.reason }
}

export function encode(samples: Int16Array, encoding: WireFormat['encoding']): Uint8Array {
  if (encoding === 'mulaw') return encodeMulaw(samples)
  return encoding === 'alaw' ? encodeAlaw(samples) : int16ToBytes(samples)
}
