import type { Segment } from '@vigia/protocol'
import { VigiaError } from '@vigia/protocol'
import type { Json } from '../../compat/read.ts'
import type { Item } from './items.ts'
import { newId, type WireFormat } from './session-parts.ts'

/** The user's speech as items: where each lies on the timeline, and the words that were found there. */

const MAX_BUFFER_BYTES = 64 * 1024 * 1024
const LEAST_COMMIT_MS = 100
/** Texts may begin a little before the speech that was told: padding. */
const SLACK_MS = 600
const MAX_SPANS = 200

export interface SpokenItem {
  item: Item
  startMs: number
  endMs: number
  text: string
  /** Its words were told, or it has none. */
  settled: boolean
  /** What the recognizer calls the speech in it. */
  utterances: string[]
  /** The user's turn that it is part of; null before that is known. */
  turnId: string | null
}

/** Audio that waits for its commit, where the client decides about turns. */
export class InputBuffer {
  #parts: Buffer[] = []
  #bytes = 0

  add(bytes: Buffer): void {
    if (this.#bytes + bytes.length > MAX_BUFFER_BYTES)
      throw new VigiaError('message_too_large', 'The input audio buffer is full; commit or clear it.')
    this.#parts.push(bytes)
    this.#bytes += bytes.length
  }

  clear(): void {
    this.#parts = []
    this.#bytes = 0
  }

  /** Everything that waits, however little. */
  drain(): Buffer {
    const bytes = Buffer.concat(this.#parts)
    this.clear()
    return bytes
  }

  durationMs({ encoding, sampleRate }: WireFormat): number {
    return (this.#bytes * 1000) / (sampleRate * (encoding === 'pcm16' ? 2 : 1))
  }

  /** @throws VigiaError `invalid_audio` when less than 100 ms wait */
  take(format: WireFormat): Buffer {
    const ms = this.durationMs(format)
    if (ms < LEAST_COMMIT_MS) {
      throw new VigiaError(
        'invalid_audio',
        `Error committing input audio buffer: buffer too small. Expected at least ${LEAST_COMMIT_MS}ms of audio, but buffer only has ${ms.toFixed(2)}ms of audio.`,
      )
    }
    return this.drain()
  }
}

export class SpokenItems {
  #spoken: SpokenItem[] = []

  /** `transcript` must be there, if only as null: clients check. */
  begin(startMs: number, utteranceId?: string): SpokenItem {
    const item: Item = {
      id: newId('item'),
      object: 'realtime.item',
      type: 'message',
      status: 'completed',
      role: 'user',
      content: [{ type: 'input_audio', transcript: null }],
    }
    const utterances = utteranceId ? [utteranceId] : []
    const spoken = { item, startMs, endMs: Number.POSITIVE_INFINITY, text: '', settled: false, utterances, turnId: null }
    this.#spoken.push(spoken)
    if (this.#spoken.length > MAX_SPANS) this.#spoken.shift()
    return spoken
  }

  /** Speech inside what the client marked as one turn. */
  spokenIn(utteranceId: string): void {
    this.#spoken.at(-1)?.utterances.push(utteranceId)
  }

  /** The recognizer failed on this speech: the item that it belongs to has no words. */
  failed(utteranceId: string): SpokenItem | null {
    const spoken = this.#spoken.find((one) => one.utterances.includes(utteranceId))
    if (spoken) spoken.settled = true
    return spoken ?? null
  }

  /** What ended and is of no turn yet was this one; gives all items of it. */
  turn(turnId: string): SpokenItem[] {
    for (const one of this.#spoken) if (one.turnId === null && Number.isFinite(one.endMs)) one.turnId = turnId
    return this.#spoken.filter((one) => one.turnId === turnId)
  }

  /** The item that the words belong to, by time. */
  heard(segment: Segment): SpokenItem | null {
    const [startMs, endMs] = [segment.start * 1000, segment.end * 1000]
    const overlap = (one: SpokenItem): number => Math.min(one.endMs + SLACK_MS, endMs) - Math.max(one.startMs - SLACK_MS, startMs)
    const best = this.#spoken.reduce<SpokenItem | null>(
      (found, one) => (overlap(one) > 0 && (!found || overlap(one) > overlap(found)) ? one : found),
      null,
    )
    if (!best) return null
    best.text = best.text === '' ? segment.text : `${best.text} ${segment.text}`
    best.settled = true
    return best
  }

  /** Items that ended and got no words. */
  silent(): SpokenItem[] {
    const silent = this.#spoken.filter((one) => !one.settled && Number.isFinite(one.endMs))
    for (const one of silent) one.settled = true
    return silent
  }
}

/** What is told of the words of an item; its stored form gets them too. */
export function transcribed({ item, text, startMs, endMs }: SpokenItem): Json[] {
  item.content = [{ type: 'input_audio', transcript: text }]
  const place = { item_id: item.id, content_index: 0 }
  const seconds = Number.isFinite(endMs) ? Math.max(0, (endMs - startMs) / 1000) : 0
  return [
    ...(text === '' ? [] : [{ type: 'conversation.item.input_audio_transcription.delta', ...place, delta: text }]),
    {
      type: 'conversation.item.input_audio_transcription.completed',
      ...place,
      transcript: text,
      usage: { type: 'duration', seconds },
    },
  ]
}
