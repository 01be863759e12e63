import { VigiaError } from '@vigia/protocol'
import { createResampler, type Resampler } from '../../media/resample.ts'
import { bytesToInt16, int16ToBytes } from '../../media/sample-format.ts'
import type { LiveSession, SessionEvent } from '../../session/service.ts'
import { type Asker, type AskMessage, textOf } from '../compat/ask.ts'
import { decodeBase64 } from '../compat/base64.ts'
import { Batch } from '../compat/batch.ts'
import { contextOf } from '../compat/context.ts'
import type { Caller, CompatDeps } from '../compat/deps.ts'
import { fullMessage } from '../compat/errors.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { languageFor } from '../compat/language.ts'
import { leaveLive, type OpenedLive, openLive, requireAssistant } from '../compat/live-session.ts'
import { resolveModel } from '../compat/models.ts'
import { FieldError, isObject, type Json, list, object, parseObject, text } from '../compat/read.ts'
import { requireTts } from '../compat/speech.ts'
import { MessageQueue, type Wire, type WireListener } from '../compat/wire.ts'
import { camelCased } from './case.ts'
import { rawOf, readContents, resultOf } from './content.ts'
import { BAD_KEY } from './errors.ts'
import { LiveMessages } from './live-messages.ts'
import { endpointingOf, type LiveSetup, noteUnused, readSetup, settingsOf, withFixed } from './live-setup.ts'
import { Consumed, handleOf, readHandle } from './resumption.ts'

/** One socket of `BidiGenerateContent`: the first message is `setup`, then both sides talk. */

export interface GeminiLiveOptions {
  wire: Wire
  deps: CompatDeps
  asker: Asker
  fields: FieldLog
  /** Checks key or token; what a token's maker fixed comes with it. */
  admit: () => { caller: Caller; fixed: unknown }
}

const SESSION_RATE = 16_000
const CLOSE_INVALID = 1007
const CLOSE_POLICY = 1008
const CLOSE_INTERNAL = 1011

export class GeminiLive implements WireListener {
  readonly #o: GeminiLiveOptions
  readonly #queue: MessageQueue
  #caller: Caller | null = null
  #fixed: unknown = null
  #setup: LiveSetup | null = null
  #session: LiveSession | null = null
  #give: OpenedLive['audio'] | null = null
  #messages: LiveMessages | null = null
  #resamplers = new Map<number, Resampler>()
  #consumed = new Consumed(0)
  #closed = false
  readonly #abort = new AbortController()
  /** Calls of one answer go out in one message. */
  readonly #calls = new Batch<ToolCall>((calls) => this.#send(toolCallMessage(calls)))

  constructor(options: GeminiLiveOptions) {
    this.#o = options
    this.#queue = new MessageQueue(options.wire, (error) => this.#fail(error))
    this.#queue.add(() => {
      const { caller, fixed } = options.admit()
      this.#caller = caller
      this.#fixed = fixed
    })
  }

  text(text: string): void {
    this.#queue.add(() => this.#handle(text), text.length)
  }

  binary(bytes: Buffer): void {
    this.text(bytes.toString('utf8'))
  }

  closed(): void {
    this.#abort.abort(new Error('the client went away'))
    this.#queue.add(() => this.#end())
  }

  goingAway(inMs: number): void {
    this.#send({ goAway: { timeLeft: `${inMs / 1000}s` } })
  }

  async #handle(raw: string): Promise<void> {
    if (this.#closed || !this.#caller) return
    const message = object(camelCased(parseObject(raw)), 'message')
    if (!this.#setup) {
      if (message.setup === undefined) throw new VigiaError('config_required', 'The first message must be "setup".')
      return this.#open(object(message.setup, 'setup'), this.#caller)
    }
    if (message.setup !== undefined) throw new VigiaError('config_repeated', 'The session is set up already.')
    this.#consumed.next()
    if (message.realtimeInput !== undefined) await this.#realtime(object(message.realtimeInput, 'realtimeInput'))
    else if (message.clientContent !== undefined) await this.#content(object(message.clientContent, 'clientContent'))
    else if (message.toolResponse !== undefined) this.#toolResponse(object(message.toolResponse, 'toolResponse'))
    else if (message.contextUpdate !== undefined) this.#contextUpdate(object(message.contextUpdate, 'contextUpdate'))
    else throw new VigiaError('unknown_message_type', 'Expected realtimeInput, clientContent or toolResponse.')
  }

  async #open(raw: Json, caller: Caller): Promise<void> {
    const { deps, fields } = this.#o
    noteUnused(raw, fields)
    const setup = readSetup(withFixed(raw, this.#fixed))
    resolveModel(setup.model, 'live', deps)
    const { liveAsr } = deps.engines()
    if (setup.modality === 'AUDIO') requireTts(deps.engines())
    const language = languageFor(setup.language, liveAsr.capabilities)
    const handle = setup.resumption?.handle ? readHandle(setup.resumption.handle) : null
    const { session, audio } = await openLive(
      {
        ...(handle ? { session_id: handle.sessionId } : {}),
        encoding: 'pcm16',
        sample_rate: SESSION_RATE,
        channels: 1,
        language,
        mode: 'assistant',
        client: { name: 'gemini', aec: 'active' },
        assistantSettings: settingsOf(setup),
        endpointing: endpointingOf(setup),
      },
      { sessions: deps.sessions, caller, resumeToken: handle?.resumeToken, signal: this.#abort.signal },
      (event) => this.#event(event),
    )
    this.#session = session
    this.#give = audio
    this.#consumed = new Consumed(session.receivedBytes)
    this.#setup = setup
    this.#messages = new LiveMessages(setup)
    if (handle) {
      session.assistant?.configure(settingsOf(setup))
      session.endpointing(endpointingOf(setup))
    }
    this.#send({ setupComplete: { sessionId: session.id } })
    this.#resumable()
  }

  async #realtime(input: Json): Promise<void> {
    const session = this.#session!
    const assistant = requireAssistant(session)
    if ((input.activityStart != null || input.activityEnd != null) && !this.#setup!.manual)
      throw new FieldError('realtimeInput', 'activityStart and activityEnd need automaticActivityDetection to be disabled.')
    if (input.activityStart != null) assistant.activityStart()
    for (const blob of [...list(input.mediaChunks), ...list(input.audio), ...list(input.video)])
      await this.#media(object(blob, 'realtimeInput'))
    if (input.audioStreamEnd === true) await session.flush()
    if (input.activityEnd != null) assistant.activityEnd()
    const typed = text(input.text, 'realtimeInput.text')
    if (typed?.trim()) assistant.text(typed)
  }

  async #media(blob: Json): Promise<void> {
    const mime = text(blob.mimeType, 'mimeType') ?? 'audio/pcm'
    const bytes = decodeBase64(blob.data, 'data')
    if (mime.startsWith('image/')) return this.#picture(bytes)
    const raw = rawOf(mime)
    if (!raw) throw new VigiaError('unsupported_codec', `Expected audio/pcm or an image, got "${mime.slice(0, 60)}".`)
    await this.#audio(bytes, raw.sampleRate)
  }

  async #audio(bytes: Uint8Array, sampleRate: number): Promise<void> {
    let taken = bytes
    if (sampleRate !== SESSION_RATE) {
      const resampler = this.#resamplers.get(sampleRate) ?? createResampler(sampleRate, SESSION_RATE)
      this.#resamplers.set(sampleRate, resampler)
      taken = int16ToBytes(resampler.push(bytesToInt16(bytes)))
    }
    this.#consumed.audio(taken.length)
    await this.#give!(taken)
  }

  /** A picture never starts a turn; one too many is dropped, as video is. */
  async #picture(bytes: Uint8Array): Promise<void> {
    const { vision, clock } = this.#o.deps
    try {
      await vision.submit({ bytes, sessionId: this.#session!.id, owner: this.#caller!.owner, arrivedAt: clock.wallMs() })
    } catch (error) {
      if (!VigiaError.is(error) || !error.spec.retryable) throw error
    }
  }

  /** Content in order; with `turnComplete` the last words of the user are the question. It stops an answer in progress. */
  async #content(content: Json): Promise<void> {
    const assistant = requireAssistant(this.#session!)
    const turns = readContents(content.turns, 'clientContent.turns')
    if (this.#messages!.answering) assistant.interrupt('client_content')
    const heard: AskMessage[] = []
    for (const turn of turns) heard.push(await this.#inWords(turn))
    const complete = content.turnComplete === true
    const last = heard.at(-1)
    const asks = complete && last?.role === 'user' && textOf(last) !== ''
    assistant.context((asks ? heard.slice(0, -1) : heard).flatMap((turn) => contextOf(turn) ?? []))
    if (asks) assistant.text(textOf(last))
    else if (complete) assistant.respond()
  }

  /** Recordings become their words; pictures go to the session. */
  async #inWords(turn: AskMessage): Promise<AskMessage> {
    const content: AskMessage['content'] = []
    for (const part of turn.content) {
      if (part.type === 'image') await this.#picture(part.bytes)
      else if (part.type === 'text') content.push(part)
      else {
        const words = await this.#o.asker.heard(part.audio, this.#caller!, this.#abort.signal)
        content.push({ type: 'text', text: words })
      }
    }
    return { ...turn, content }
  }

  #toolResponse(response: Json): void {
    for (const one of list(response.functionResponses)) {
      const given = object(one, 'functionResponses')
      const failed = isObject(given.response) && 'error' in given.response
      const result = failed ? (given.response as Json).error : resultOf(given.response)
      requireAssistant(this.#session!).toolResult({
        callId: text(given.id, 'id') ?? '',
        content: typeof result === 'string' ? result : JSON.stringify(result),
        isError: failed,
      })
    }
  }

  #contextUpdate(update: Json): void {
    const { instructions, tools } = settingsOf(readSetup({ ...update, model: this.#setup!.model }))
    requireAssistant(this.#session!).configure({
      ...(update.systemInstruction == null ? {} : { instructions }),
      ...(update.tools == null ? {} : { tools }),
    })
  }

  #event(event: SessionEvent): void {
    if (event.type === 'superseded') this.#close(CLOSE_POLICY, 'Another connection has resumed this session.')
    if (event.type === 'durable') this.#consumed.durable(event.receivedBytes)
    if (!this.#messages) return
    if (event.type === 'tool_call') this.#calls.add(event)
    else this.#calls.flush()
    for (const message of this.#messages.translate(event)) this.#send(message)
    if (event.type === 'reply_done' || event.type === 'reply_interrupted') this.#resumable()
  }

  /** Where to come back to; not for what is not kept. */
  #resumable(): void {
    const resumption = this.#setup?.resumption
    if (!resumption || !this.#session) return
    const kept = this.#caller!.keep
    const index = resumption.transparent ? { lastConsumedClientMessageIndex: String(this.#consumed.index) } : {}
    this.#send({ sessionResumptionUpdate: { newHandle: kept ? handleOf(this.#session) : '', resumable: kept, ...index } })
  }

  async #end(): Promise<void> {
    this.#closed = true
    const session = this.#session
    this.#session = null
    if (!session) return
    const { sessions } = this.#o.deps
    await leaveLive(session, { sessions, caller: this.#caller!, waits: this.#setup?.resumption != null })
  }

  /** Failures after the upgrade are told by the close code: the client's promise would wait for ever on anything else. */
  #fail(error: unknown): void {
    const ours = VigiaError.is(error) ? error : null
    if (!ours) this.#o.deps.log.error({ err: error }, 'a Live session failed')
    if (ours?.code === 'unauthorized') this.#close(CLOSE_INVALID, BAD_KEY)
    else if (ours && /^(session_not_found|resume_denied|session_not_live)$/.test(ours.code))
      this.#close(CLOSE_POLICY, 'The session handle is not valid any more.')
    else if (ours && /^(model_not_found|forbidden|not_supported|rate_limited)$/.test(ours.code))
      this.#close(CLOSE_POLICY, fullMessage(ours))
    else this.#close(ours && ours.spec.http < 500 ? CLOSE_INVALID : CLOSE_INTERNAL, fullMessage(ours))
  }

  #close(code: number, reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#o.wire.close(code, reason)
  }

  /** JSON in binary frames, as the vendor sends it. */
  #send(message: Json): void {
    if (!this.#closed) this.#o.wire.send(Buffer.from(JSON.stringify(message)))
  }
}

type ToolCall = Extract<SessionEvent, { type: 'tool_call' }>

const toolCallMessage = (calls: readonly ToolCall[]): Json => ({
  toolCall: { functionCalls: calls.map(({ callId, name, arguments: args }) => ({ id: callId, name, args })) },
})
