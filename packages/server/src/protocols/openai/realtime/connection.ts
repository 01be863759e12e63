import { VigiaError } from '@vigia/protocol'
import type { AssistantInput, ContextItem } from '../../../session/assistant.ts'
import type { LiveSession, SessionEvent } from '../../../session/service.ts'
import { type Asker, estimateTokens, textOf } from '../../compat/ask.ts'
import { decodeBase64 } from '../../compat/base64.ts'
import type { Caller, CompatDeps } from '../../compat/deps.ts'
import type { FieldLog } from '../../compat/field-log.ts'
import { languageFor } from '../../compat/language.ts'
import { FieldError, isObject, type Json, list, number, object, text } from '../../compat/read.ts'
import { requireTts } from '../../compat/speech.ts'
import { MessageQueue, type Wire, type WireListener } from '../../compat/wire.ts'
import { openAiError } from '../errors.ts'
import { readItem } from '../responses-request.ts'
import { InputBuffer, type SpokenItem, SpokenItems, transcribed } from './input-audio.ts'
import { type Item, Items } from './items.ts'
import { outOfBand } from './out-of-band.ts'
import { Replies } from './replies.ts'
import {
  assistantOf,
  defaultSession,
  endpointingOf,
  formatOf,
  merged,
  newId,
  partsOf,
  type SessionType,
  type WireFormat,
} from './session.ts'

/** One socket of `/v1/realtime`: a conversation or a transcription session on top of one session of ours. */

export interface RealtimeOptions {
  wire: Wire
  deps: CompatDeps
  asker: Asker
  fields: FieldLog
  caller: Caller
  type: SessionType
  model: string
  /** What a client secret fixed beforehand. */
  initial: Json | null
}

const MAX_SEEN_KEYS = new Set([
  'type',
  'event_id',
  'session',
  'audio',
  'item',
  'previous_item_id',
  'item_id',
  'content_index',
  'audio_end_ms',
  'response',
  'response_id',
])

export class RealtimeConnection implements WireListener {
  readonly #o: RealtimeOptions
  readonly #queue: MessageQueue
  readonly #items = new Items()
  readonly #spoken = new SpokenItems()
  readonly #buffer = new InputBuffer()
  readonly #replies: Replies
  readonly #abort = new AbortController()
  readonly #conversationId = newId('conv')
  #settings: Json
  #core: LiveSession | null = null
  #format: WireFormat | null = null
  #speaking: SpokenItem | null = null
  #eventId: string | null = null
  #closed = false

  constructor(options: RealtimeOptions) {
    this.#o = options
    const base = defaultSession(options.type, options.model, options.deps.clock.wallMs())
    this.#settings = options.initial ? merged(base, options.initial) : base
    this.#queue = new MessageQueue(options.wire, (error) => this.#fail(error))
    this.#replies = new Replies((events) => this.#send(events))
    this.#send([{ type: 'session.created', session: this.#settings }])
  }

  text(raw: string): void {
    this.#queue.add(() => this.#handle(raw), raw.length)
  }

  binary(bytes: Buffer): void {
    this.text(bytes.toString('utf8'))
  }

  closed(): void {
    this.#abort.abort(new Error('the client went away'))
    this.#queue.add(() => this.#end())
  }

  async #handle(raw: string): Promise<void> {
    if (this.#closed) return
    this.#eventId = null
    const event = parse(raw)
    this.#eventId = typeof event.event_id === 'string' ? event.event_id : null
    this.#o.fields.unused('openai.realtime', event, MAX_SEEN_KEYS)
    switch (event.type) {
      case 'session.update':
        return this.#update(object(event.session, 'session'))
      case 'input_audio_buffer.append':
        return this.#append(decodeBase64(event.audio, 'audio'))
      case 'input_audio_buffer.commit':
        return this.#commit()
      case 'input_audio_buffer.clear':
        this.#buffer.clear()
        return this.#send([{ type: 'input_audio_buffer.cleared' }])
      case 'conversation.item.create':
        return this.#create(object(event.item, 'item'), event.previous_item_id)
      case 'conversation.item.retrieve':
        return this.#send([{ type: 'conversation.item.retrieved', item: this.#items.require(event.item_id) }])
      case 'conversation.item.delete':
        throw new VigiaError('not_supported', 'What was said cannot be taken out of a conversation here.')
      case 'conversation.item.truncate':
        return this.#truncate(event)
      case 'response.create':
        return this.#respond(object(event.response, 'response'))
      case 'response.cancel':
        return this.#cancel()
      case 'output_audio_buffer.clear':
        return
      default:
        throw new FieldError('type', `Invalid value: '${String(event.type).slice(0, 80)}'. Expected the type of a client event.`)
    }
  }

  #update(patch: Json): void {
    const type = patch.type ?? this.#settings.type
    if (type !== this.#settings.type)
      throw new FieldError(
        'session.type',
        `The session is of type '${String(this.#settings.type)}'; open another for '${String(type).slice(0, 40)}'.`,
      )
    const next = merged(this.#settings, patch)
    const { input } = partsOf(next)
    const format = formatOf(input.format, 'session.audio.input.format')
    if (this.#format && (format.encoding !== this.#format.encoding || format.sampleRate !== this.#format.sampleRate)) {
      throw new FieldError('session.audio.input.format', 'The input format cannot change after the first audio.')
    }
    if (next.type === 'realtime') this.#core?.assistant?.configure(assistantOf(next))
    this.#settings = next
    this.#send([{ type: 'session.updated', session: next }])
  }

  /** Opened when it is first needed, so that formats and languages may be set before. */
  async #open(): Promise<LiveSession> {
    if (this.#core) return this.#core
    const { deps, caller, type } = this.#o
    const { input, transcription } = partsOf(this.#settings)
    const format = formatOf(input.format, 'session.audio.input.format')
    const language = languageFor(text(transcription?.language, 'language'), deps.engines().liveAsr.capabilities)
    if (type === 'realtime' && list(this.#settings.output_modalities)[0] !== 'text') requireTts(deps.engines())
    const { session } = await deps.sessions.open(
      {
        encoding: format.encoding,
        sample_rate: format.sampleRate,
        channels: 1,
        language,
        mode: type === 'realtime' ? 'assistant' : 'transcribe',
        results: 'stream',
        block_ms: 5000,
        diarize: true,
        analyze: caller.keep,
        client: { name: 'openai', aec: 'active' },
        endpointing: endpointingOf(this.#settings),
        ...(type === 'realtime' ? { assistantSettings: assistantOf(this.#settings) } : {}),
      },
      undefined,
      caller.owner,
      (event) => this.#event(event),
    )
    this.#format = format
    this.#core = session
    return session
  }

  async #append(bytes: Buffer): Promise<void> {
    if (!partsOf(this.#settings).turn) {
      this.#buffer.add(bytes)
      return
    }
    const session = await this.#open()
    session.audio(bytes)
  }

  /** By hand: all that was appended is one turn. With detection: what is being said ends here. */
  async #commit(): Promise<void> {
    const session = await this.#open()
    if (partsOf(this.#settings).turn) {
      if (!this.#speaking) throw new VigiaError('invalid_audio', 'Error committing input audio buffer: the buffer has no speech.')
      await session.flush()
      return
    }
    const bytes = this.#buffer.take(this.#format!)
    const spoken = this.#spoken.begin(session.receivedMs)
    const assistant = session.assistant
    assistant?.activityStart()
    session.audio(bytes)
    spoken.endMs = session.receivedMs
    this.#committed(spoken)
    if (assistant) assistant.activityEnd()
    else {
      await session.flush()
      this.#settleSilent()
    }
  }

  #committed(spoken: SpokenItem): void {
    const before = this.#items.add(spoken.item)
    const { item } = spoken
    this.#send([
      { type: 'input_audio_buffer.committed', item_id: item.id, previous_item_id: before },
      { type: 'conversation.item.added', previous_item_id: before, item: { ...item } },
      { type: 'conversation.item.done', previous_item_id: before, item: { ...item } },
    ])
  }

  async #create(given: Json, previous: unknown): Promise<void> {
    if (
      typeof previous === 'string' &&
      previous !== this.#items.lastId &&
      !(previous === 'root' && this.#items.lastId === null)
    ) {
      throw new VigiaError('not_supported', 'Items are added at the end of the conversation here.')
    }
    const id = text(given.id, 'item.id') ?? newId('item')
    if (this.#items.find(id)) throw new FieldError('item.id', `An item with the id '${id.slice(0, 80)}' exists already.`)
    const item: Item = {
      ...given,
      id,
      object: 'realtime.item',
      status: 'completed',
      type: text(given.type, 'item.type') ?? 'message',
    }
    const messages = readItem(item, 'item')
    if (item.type === 'message' && item.role === 'user') item.content = list(item.content).map(withTranscript)
    const assistant = this.#assistant(await this.#open())
    for (const message of messages) {
      if (message.role === 'tool') this.#replies.toolResult(message.toolCallId ?? '', textOf(message))
      else await this.#remember(message, assistant)
    }
    const before = this.#items.add(item)
    const told = { previous_item_id: before, item }
    this.#send([
      { type: 'conversation.item.added', ...told },
      { type: 'conversation.item.done', ...told },
    ])
  }

  async #remember(message: ReturnType<typeof readItem>[number], assistant: AssistantInput): Promise<void> {
    const { deps, caller, asker } = this.#o
    const words: string[] = []
    for (const part of message.content) {
      if (part.type === 'text') words.push(part.text)
      else if (part.type === 'audio')
        words.push(await asker.heard({ ...part.audio, raw: this.#rawInput() }, caller, this.#abort.signal))
      else
        await deps.vision.submit({
          bytes: part.bytes,
          sessionId: this.#core!.id,
          owner: caller.owner,
          arrivedAt: deps.clock.wallMs(),
        })
    }
    if (message.role === 'tool' || words.join('').trim() === '') return
    const item: ContextItem = { role: message.role, text: words.join('\n') }
    assistant.context([item])
  }

  #rawInput() {
    const { encoding, sampleRate } = formatOf(partsOf(this.#settings).input.format, 'session.audio.input.format')
    return { encoding, sampleRate, channels: 1 }
  }

  #truncate(event: Json): void {
    const item = this.#items.require(event.item_id)
    if (item.role !== 'assistant') throw new FieldError('item_id', 'Only items of the assistant can be truncated.')
    const playedMs = number(event.audio_end_ms, 'audio_end_ms', [0, 1e9]) ?? 0
    this.#core?.assistant?.playback({ playedMs })
    this.#replies.truncate(item, playedMs)
    this.#send([
      { type: 'conversation.item.truncated', item_id: item.id, content_index: event.content_index ?? 0, audio_end_ms: playedMs },
    ])
  }

  async #respond(asked: Json): Promise<void> {
    if (this.#o.type === 'transcription') throw new VigiaError('not_supported', 'A transcription session gives no responses.')
    const effective = merged(this.#settings, { ...asked, type: 'realtime' })
    if (asked.conversation === 'none')
      return outOfBand(
        { asked, effective, items: this.#items, send: (events) => this.#send(events), ...this.#o },
        this.#abort.signal,
      )
    if (this.#replies.active)
      throw new ConflictError('conversation_already_has_active_response', 'Conversation already has an active response.')
    const assistant = this.#assistant(await this.#open())
    assistant.configure({
      ...assistantOf(effective),
      turnDetection: assistant.settings.turnDetection,
      listen: assistant.settings.listen,
      autoReply: assistant.settings.autoReply,
    })
    this.#replies.begin(this.#head(effective, asked.metadata))
    if (!this.#replies.giveToolResults(assistant)) assistant.respond()
  }

  #head(settings: Json, metadata?: unknown) {
    const { output } = partsOf(settings)
    const input = this.#items.all.reduce((sum, item) => sum + estimateTokens(JSON.stringify(item.content ?? '')), 0)
    return {
      inputTokens: input,
      conversationId: this.#conversationId,
      modality: list(settings.output_modalities)[0] === 'text' ? ('text' as const) : ('audio' as const),
      format: formatOf(output.format ?? { type: 'audio/pcm' }, 'audio.output.format'),
      formatBody: output.format ?? null,
      voice: output.voice,
      maxOutputTokens: settings.max_output_tokens,
      metadata,
      addItem: (item: Item) => this.#items.add(item),
    }
  }

  #cancel(): void {
    if (!this.#replies.active)
      throw new ConflictError('response_cancel_not_active', 'Cancellation failed: no active response found.')
    this.#replies.cancel('client_cancelled')
    this.#core?.assistant?.interrupt('client_cancelled')
    this.#restore()
  }

  /** What one response overrode holds for that one. */
  #restore(): void {
    if (this.#settings.type === 'realtime') this.#core?.assistant?.configure(assistantOf(this.#settings))
  }

  #assistant(session: LiveSession): AssistantInput {
    if (session.assistant) return session.assistant
    throw new VigiaError('overloaded', 'The server records this session, and has no room to answer in it.')
  }

  #event(event: SessionEvent): void {
    if (this.#closed) return
    const detects = partsOf(this.#settings).turn !== null
    switch (event.type) {
      case 'speech_started':
        if (detects) this.#speechStarted(event.atMs)
        return
      case 'speech_stopped':
        if (detects) this.#speechStopped(event.atMs)
        return
      case 'segment':
        if (!event.segment.excluded) this.#heard(event.segment)
        return
      case 'turn_ignored':
        this.#settleSilent()
        return
      case 'reply_started':
        if (!this.#replies.active && !this.#replies.waitsForTool) this.#replies.begin(this.#head(this.#settings))
        this.#replies.started(event.replyId)
        return
      case 'reply_done':
      case 'reply_interrupted':
        this.#replies.take(event)
        this.#restore()
        return
      case 'tool_call':
        if (!this.#replies.active) this.#replies.begin(this.#head(this.#settings))
        this.#replies.take(event)
        return
      case 'error':
        this.#replies.failed(event.error)
        return
      default:
        this.#replies.take(event)
    }
  }

  #speechStarted(atMs: number): void {
    this.#speaking = this.#spoken.begin(atMs)
    this.#send([{ type: 'input_audio_buffer.speech_started', audio_start_ms: Math.round(atMs), item_id: this.#speaking.item.id }])
  }

  #speechStopped(atMs: number): void {
    const spoken = this.#speaking
    if (!spoken) return
    this.#speaking = null
    spoken.endMs = atMs
    this.#send([{ type: 'input_audio_buffer.speech_stopped', audio_end_ms: Math.round(atMs), item_id: spoken.item.id }])
    this.#committed(spoken)
  }

  #heard(segment: Parameters<SpokenItems['heard']>[0]): void {
    const spoken = this.#spoken.heard(segment)
    if (spoken) this.#told(spoken)
  }

  /** Speech without words has an end too. */
  #settleSilent(): void {
    for (const spoken of this.#spoken.silent()) this.#told(spoken)
  }

  #told(spoken: SpokenItem): void {
    const events = transcribed(spoken)
    if (partsOf(this.#settings).transcription) this.#send(events)
  }

  async #end(): Promise<void> {
    this.#closed = true
    const { caller, deps } = this.#o
    const session = this.#core
    if (!session) return
    await session.end().catch(() => session.detach())
    if (!caller.keep) await deps.sessions.erase(session.id).catch(() => {})
  }

  /** Mistakes leave the session open; the event tells which message it was. */
  #fail(error: unknown): void {
    const ours = VigiaError.is(error) ? error : null
    if (!ours && !(error instanceof ConflictError)) this.#o.deps.log.error({ err: error }, 'a Realtime message failed')
    const body =
      error instanceof ConflictError
        ? { type: 'invalid_request_error', code: error.code, message: error.message, param: null }
        : openAiError(ours).error
    const code =
      ours?.code === 'invalid_audio' && /buffer/.test(ours.message)
        ? 'input_audio_buffer_commit_empty'
        : (body.code ?? (ours?.code === 'invalid_request' ? 'invalid_value' : null))
    this.#send([{ type: 'error', error: { ...body, code, event_id: this.#eventId } }])
  }

  #send(events: readonly Json[]): void {
    if (this.#closed) return
    for (const event of events) this.#o.wire.send(JSON.stringify({ event_id: newId('event'), ...event }))
  }
}

/** A request that does not fit the moment. */
class ConflictError extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

function parse(raw: string): Json {
  let value: unknown
  try {
    value = JSON.parse(raw)
  } catch (cause) {
    throw new VigiaError('invalid_json', 'Expected a JSON event.', { cause })
  }
  if (isObject(value)) return value
  throw new VigiaError('invalid_message', 'Expected a JSON object with a type.')
}

const withTranscript = (part: unknown): unknown =>
  isObject(part) && part.type === 'input_audio' ? { type: 'input_audio', transcript: part.transcript ?? null } : part
