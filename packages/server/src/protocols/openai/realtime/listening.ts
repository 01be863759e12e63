import { type Segment, VigiaError } from '@vigia/protocol'
import type { SessionEvent } from '../../../session/service.ts'
import { asVigiaError } from '../../compat/errors.ts'
import type { Json } from '../../compat/read.ts'
import { openAiError } from '../errors.ts'
import type { RealtimeContext } from './context.ts'
import { InputBuffer, type SpokenItem, SpokenItems, transcribed } from './input-audio.ts'
import { formatOf, partsOf } from './session-parts.ts'

/** `input_audio_buffer.*` and what is heard: speech becomes items, by voice activity or by the client's commit. */

export class ListeningPart {
  readonly #context: RealtimeContext
  readonly #spoken = new SpokenItems()
  readonly #buffer = new InputBuffer()
  #speaking: SpokenItem | null = null

  constructor(context: RealtimeContext) {
    this.#context = context
  }

  get #detects(): boolean {
    return partsOf(this.#context.settings).turn !== null
  }

  async append(bytes: Buffer): Promise<void> {
    if (!this.#detects) {
      this.#buffer.add(bytes)
      return
    }
    await this.#context.audio(bytes)
  }

  /** By hand: all that was appended is one turn. With detection: what is being said ends here. */
  async commit(): Promise<void> {
    const session = await this.#context.open()
    if (this.#detects) {
      if (!this.#speaking) throw new VigiaError('invalid_audio', 'Error committing input audio buffer: the buffer has no speech.')
      await session.flush()
      return
    }
    const bytes = this.#buffer.take(formatOf(partsOf(this.#context.settings).input.format, 'session.audio.input.format'))
    const spoken = this.#spoken.begin(session.receivedMs)
    const { assistant } = session
    assistant?.activityStart()
    await this.#context.audio(bytes)
    spoken.endMs = session.receivedMs
    this.#committed(spoken)
    if (assistant) assistant.activityEnd()
    else {
      await session.flush()
      this.#settleSilent()
    }
  }

  clear(): void {
    this.#buffer.clear()
    this.#context.send([{ type: 'input_audio_buffer.cleared' }])
  }

  /** Turns begin and end otherwise from here on: what is being said ends, what waits for a commit is heard. */
  async detectionChanges(next: Json): Promise<void> {
    const detects = partsOf(next).turn !== null
    const { session } = this.#context
    if (!session || detects === this.#detects) return
    if (!detects) await session.flush()
    else await this.#context.audio(this.#buffer.drain())
  }

  /** Nobody said anything: an item without words stands for the silence. */
  silence(startMs: number, endMs: number): void {
    const spoken = this.#spoken.begin(startMs)
    spoken.endMs = endMs
    spoken.settled = true
    const place = { audio_start_ms: Math.round(startMs), audio_end_ms: Math.round(endMs), item_id: spoken.item.id }
    this.#context.send([{ type: 'input_audio_buffer.timeout_triggered', ...place }])
    this.#committed(spoken)
  }

  /** True when the event was about what is heard. */
  take(event: SessionEvent): boolean {
    switch (event.type) {
      case 'speech_started':
        if (this.#detects) this.#started(event.atMs, event.utteranceId)
        else if (event.utteranceId) this.#spoken.spokenIn(event.utteranceId)
        return true
      case 'speech_stopped':
        if (this.#detects) this.#stopped(event.atMs)
        return true
      case 'segment':
        if (!event.segment.excluded) this.#heard(event.segment)
        return true
      case 'turn_committed':
        if (!event.typed) this.#ofTurn(event.turnId)
        return true
      case 'turn_ignored':
        this.#settleSilent()
        return true
      case 'error':
        if (event.item !== undefined) this.#failed(event.item, event.error)
        return event.item !== undefined
      default:
        return false
    }
  }

  #started(atMs: number, utteranceId?: string): void {
    this.#speaking = this.#spoken.begin(atMs, utteranceId)
    const { id } = this.#speaking.item
    this.#context.send([{ type: 'input_audio_buffer.speech_started', audio_start_ms: Math.round(atMs), item_id: id }])
  }

  #stopped(atMs: number): void {
    const spoken = this.#speaking
    if (!spoken) return
    this.#speaking = null
    spoken.endMs = atMs
    const { id } = spoken.item
    this.#context.send([{ type: 'input_audio_buffer.speech_stopped', audio_end_ms: Math.round(atMs), item_id: id }])
    this.#committed(spoken)
  }

  #committed(spoken: SpokenItem): void {
    const { items, send } = this.#context
    const before = items.add(spoken.item)
    const { item } = spoken
    send([
      { type: 'input_audio_buffer.committed', item_id: item.id, previous_item_id: before },
      { type: 'conversation.item.added', previous_item_id: before, item: { ...item } },
      { type: 'conversation.item.done', previous_item_id: before, item: { ...item } },
    ])
  }

  /** What the assistant remembers of speech is its turn: an item that was taken out before is taken out of that. */
  #ofTurn(turnId: string): void {
    const { items, session } = this.#context
    const spoken = this.#spoken.turn(turnId)
    const kept = spoken.filter(({ item }) => items.find(item.id))
    for (const { item } of kept) items.link(item.id, { turnId })
    if (kept.length < spoken.length) session?.assistant?.rewrite({ turnId }, kept.map(({ text }) => text).join(' '))
  }

  #heard(segment: Segment): void {
    const spoken = this.#spoken.heard(segment)
    if (!spoken) return
    const { transcription } = partsOf(this.#context.settings)
    if (/diarize/.test(String(transcription?.model ?? ''))) this.#context.send([diarized(spoken, segment)])
    this.#told(spoken)
  }

  #failed(utteranceId: string, error: unknown): void {
    const spoken = this.#spoken.failed(utteranceId)
    if (!spoken || !partsOf(this.#context.settings).transcription) return
    const { type, code, message, param } = openAiError(asVigiaError(error as Error)).error
    const place = { item_id: spoken.item.id, content_index: 0 }
    const failure = { type, code, message, param }
    this.#context.send([{ type: 'conversation.item.input_audio_transcription.failed', ...place, error: failure }])
  }

  /** Speech without words has an end too. */
  #settleSilent(): void {
    for (const spoken of this.#spoken.silent()) this.#told(spoken)
  }

  #told(spoken: SpokenItem): void {
    const events = transcribed(spoken)
    if (partsOf(this.#context.settings).transcription) this.#context.send(events)
  }
}

/** Who said it, where a model that tells speakers apart was asked for. */
const diarized = ({ item }: SpokenItem, { id, text, start, end, speaker }: Segment): Json => ({
  type: 'conversation.item.input_audio_transcription.segment',
  item_id: item.id,
  content_index: 0,
  id,
  text,
  start,
  end,
  speaker: speaker ?? 'unknown',
})
