import { VigiaError } from '@vigia/protocol'
import type { LiveSession, SessionEvent } from '../../../session/service.ts'
import { decodeBase64 } from '../../compat/base64.ts'
import { leaveLive, type OpenedLive, openLive } from '../../compat/live-session.ts'
import { FieldError, type Json, list, object, parseObject } from '../../compat/read.ts'
import { requireTts } from '../../compat/speech.ts'
import { MessageQueue, type WireListener } from '../../compat/wire.ts'
import { openAiError } from '../errors.ts'
import { ConflictError, type RealtimeContext, type RealtimeOptions } from './context.ts'
import { ConversationPart } from './conversation.ts'
import { Items } from './items.ts'
import { ListeningPart } from './listening.ts'
import { Replies } from './replies.ts'
import { RespondingPart } from './responding.ts'
import { defaultSession, merged, SESSION_FIELDS } from './session.ts'
import { formatOf, newId, partsOf } from './session-parts.ts'
import { assistantOf, endpointingOf, fixedBySpeech, keywordsOf, languageOf } from './session-settings.ts'

/** One socket of `/v1/realtime`: a conversation or a transcription session on top of one session of ours. */

const EVENT_FIELDS = new Set([
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

export class RealtimeConnection implements WireListener, RealtimeContext {
  readonly options: RealtimeOptions
  readonly items = new Items()
  readonly #queue: MessageQueue
  readonly #abort = new AbortController()
  readonly #listening: ListeningPart
  readonly #conversation: ConversationPart
  readonly #responding: RespondingPart
  #settings: Json
  #opened: OpenedLive | null = null
  /** As they were when the first audio came. */
  #fixed: Record<string, string> = {}
  #eventId: string | null = null
  #closed = false

  constructor(options: RealtimeOptions) {
    this.options = options
    const base = defaultSession(options.type, options.model, options.deps.clock.wallMs())
    this.#settings = options.initial ? merged(base, options.initial) : base
    this.#queue = new MessageQueue(options.wire, (error) => this.#fail(error))
    const replies = new Replies(this.send)
    this.#listening = new ListeningPart(this)
    this.#conversation = new ConversationPart(this, replies)
    this.#responding = new RespondingPart(this, replies, (startMs, endMs) => this.#listening.silence(startMs, endMs))
    this.send([{ type: 'session.created', session: this.#settings }])
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get settings(): Json {
    return this.#settings
  }

  get session(): LiveSession | null {
    return this.#opened?.session ?? null
  }

  readonly send = (events: readonly Json[]): void => {
    if (this.#closed) return
    for (const event of events) this.options.wire.send(JSON.stringify({ event_id: newId('event'), ...event }))
  }

  text(raw: string): void {
    this.#queue.add(() => this.#handle(raw), raw.length)
  }

  binary(bytes: Buffer): void {
    this.text(bytes.toString('utf8'))
  }

  closed(): void {
    this.#abort.abort(new Error('the client went away'))
    this.#responding.stopWaiting()
    this.#queue.add(() => this.#end())
  }

  async #handle(raw: string): Promise<void> {
    if (this.#closed) return
    this.#eventId = null
    const event = parseObject(raw)
    this.#eventId = typeof event.event_id === 'string' ? event.event_id : null
    this.options.fields.unused('openai.realtime', event, EVENT_FIELDS)
    switch (event.type) {
      case 'session.update':
        return this.#update(object(event.session, 'session'))
      case 'input_audio_buffer.append':
        return this.#listening.append(decodeBase64(event.audio, 'audio'))
      case 'input_audio_buffer.commit':
        return this.#listening.commit()
      case 'input_audio_buffer.clear':
        return this.#listening.clear()
      case 'conversation.item.create':
        return this.#conversation.create(object(event.item, 'item'), event.previous_item_id)
      case 'conversation.item.retrieve':
        return this.#conversation.retrieve(event.item_id)
      case 'conversation.item.delete':
        return this.#conversation.delete(event.item_id)
      case 'conversation.item.truncate':
        return this.#conversation.truncate(event)
      case 'response.create':
        return this.#responding.create(object(event.response, 'response'))
      case 'response.cancel':
        return this.#responding.cancel(event.response_id)
      case 'output_audio_buffer.clear':
        return
      default:
        throw new FieldError('type', `Invalid value: '${String(event.type).slice(0, 80)}'. Expected the type of a client event.`)
    }
  }

  /** Everything that changes holds for what follows, or is refused. */
  async #update(patch: Json): Promise<void> {
    const type = patch.type ?? this.#settings.type
    if (type !== this.#settings.type)
      throw new FieldError(
        'session.type',
        `The session is of type '${String(this.#settings.type)}'; open another for '${String(type).slice(0, 40)}'.`,
      )
    const next = merged(this.#settings, patch)
    this.#checkFixed(next)
    this.#noteUnused(next)
    await this.#listening.detectionChanges(next)
    if (next.type === 'realtime') this.session?.assistant?.configure(assistantOf(next))
    this.session?.endpointing(endpointingOf(next))
    this.#settings = next
    this.send([{ type: 'session.updated', session: next }])
    this.#responding.settingsChanged()
  }

  #checkFixed(next: Json): void {
    if (!this.session) return
    const now = fixedBySpeech(next, this.options.deps.engines().liveAsr.capabilities)
    const changed = Object.keys(now).find((name) => now[name] !== this.#fixed[name])
    if (changed) throw new FieldError(changed, `'${changed}' cannot change after the first audio.`)
  }

  #noteUnused(session: Json): void {
    const { input, output, turn, transcription } = partsOf(session)
    const own = new Set([...SESSION_FIELDS.session, 'id', 'object', 'expires_at'])
    const given = Object.fromEntries(Object.entries(session).filter(([, value]) => value !== null))
    this.options.fields.unused('openai.realtime.session', given, own)
    for (const [name, part] of Object.entries({ input, output, turn, transcription }))
      if (part) this.options.fields.unused(`openai.realtime.${name}`, part, SESSION_FIELDS[name as keyof typeof SESSION_FIELDS])
  }

  /** Opened when it is first needed, so that formats and languages may be set before. */
  async open(): Promise<LiveSession> {
    if (this.#opened) return this.#opened.session
    const { deps, caller, type } = this.options
    const settings = this.#settings
    const { capabilities } = deps.engines().liveAsr
    const format = formatOf(partsOf(settings).input.format, 'session.audio.input.format')
    const keywords = keywordsOf(settings)
    if (type === 'realtime' && list(settings.output_modalities)[0] !== 'text') requireTts(deps.engines())
    const wanted = {
      encoding: format.encoding,
      sample_rate: format.sampleRate,
      channels: 1,
      language: languageOf(settings, capabilities),
      mode: type === 'realtime' ? ('assistant' as const) : ('transcribe' as const),
      client: { name: 'openai', aec: 'active' as const },
      endpointing: endpointingOf(settings),
      ...(keywords.length > 0 ? { hotwords: keywords } : {}),
      ...(type === 'realtime' ? { assistantSettings: assistantOf(settings) } : {}),
    }
    const opening = { sessions: deps.sessions, caller, signal: this.#abort.signal }
    this.#opened = await openLive(wanted, opening, (event) => this.#event(event))
    this.#fixed = fixedBySpeech(settings, capabilities)
    return this.#opened.session
  }

  async audio(bytes: Uint8Array): Promise<void> {
    await this.open()
    await this.#opened!.audio(bytes)
  }

  #event(event: SessionEvent): void {
    if (this.#closed) return
    if (event.type === 'speech_started' || event.type === 'speech_stopped')
      this.#responding.speech(event.type === 'speech_started')
    if (!this.#listening.take(event)) this.#responding.take(event)
    if (event.type === 'turn_ignored') this.#responding.waitForSpeech()
  }

  async #end(): Promise<void> {
    this.#closed = true
    const { caller, deps } = this.options
    if (this.session) await leaveLive(this.session, { sessions: deps.sessions, caller })
  }

  /** Mistakes leave the session open; the event tells which message it was. */
  #fail(error: unknown): void {
    const ours = VigiaError.is(error) ? error : null
    if (!ours && !(error instanceof ConflictError)) this.options.deps.log.error({ err: error }, 'a Realtime message failed')
    const body =
      error instanceof ConflictError
        ? { type: 'invalid_request_error', code: error.code, message: error.message, param: null }
        : openAiError(ours).error
    const code =
      ours?.code === 'invalid_audio' && /buffer/.test(ours.message)
        ? 'input_audio_buffer_commit_empty'
        : (body.code ?? (ours?.code === 'invalid_request' ? 'invalid_value' : null))
    this.send([{ type: 'error', error: { ...body, code, event_id: this.#eventId } }])
  }
}
