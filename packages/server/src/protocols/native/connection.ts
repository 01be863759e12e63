import { type ClientMessage, type ConfigMessage, ERROR_CODES, type ServerMessage, toErrorBody, VigiaError } from '@vigia/protocol'
import type { AssistantInput } from '../../session/assistant.ts'
import type { LiveSession, SessionEvent, SessionService } from '../../session/service.ts'
import type { Clock } from '../../std/clock.ts'
import { Acks } from './acks.ts'
import { isForAssistant, tellAssistant } from './assistant-messages.ts'
import { Outbox, type OutWire } from './outbox.ts'
import { decodeBase64, parseClientMessage } from './parse.ts'
import { Reading } from './reading.ts'
import { ReplyTranslator, settingsOf } from './replies.ts'
import { ResultsTranslator } from './results.ts'

/** One live socket of the native protocol: wire messages ↔ the session service. Knows no socket library. */

/** The socket as this file needs it. */
export interface Wire extends OutWire {
  close(code: number, reason: string): void
  /** Stops or resumes reading from the client. */
  setPaused(paused: boolean): void
}

export interface ConnectionOptions {
  wire: Wire
  sessions: SessionService
  clock: Clock
  owner: string | null
  maxMessageBytes: number
  maxInflightBytes: number
  /** Audio of all sessions that may wait for the disk; above it this socket is not read. */
  maxPendingBytes: number
  /** Messages that may wait for a client that does not read. */
  maxClientBytes: number
  /** A client that is silent for this long is taken for gone. */
  idleMs: number
  /** Asked before each new session. @throws VigiaError `rate_limited` */
  onNewSession?: () => void
  /** For the metrics: what was left out for a slow client. */
  onDropped?: (what: 'interim' | 'sound') => void
  /** Takes a photo that came over the socket. */
  onFrame: (frame: {
    bytes: Buffer
    sessionId: string
    timestamp?: string | number
    prompt?: string
    language?: string
    owner: string | null
  }) => Promise<void>
  /** For the metrics: each piece of audio that was taken. */
  onAudio?: (bytes: number) => void
  /** For the metrics: how long a piece of audio waited for its acknowledgement. */
  onAck?: (ms: number) => void
  /** For the log: errors by code, never by content. */
  onError?: (code: string, sessionId: string | null) => void
}

/** Audio that may wait while an earlier message is handled; above it the socket is not read. */
const MAX_QUEUED_BYTES = 1024 * 1024

export class NativeConnection {
  readonly #options: ConnectionOptions
  #session: LiveSession | null = null
  #replies: ReplyTranslator | null = null
  #opening = false
  #closed = false
  #queuedBytes = 0
  #lastChunkId: number | null = null
  #work: Promise<void> = Promise.resolve()

  readonly #outbox: Outbox
  readonly #acks: Acks
  readonly #reading: Reading
  #lastInMs: number
  /** Sessions of this socket that have ended and whose results are still to come. */
  #finishing = 0

  constructor(options: ConnectionOptions) {
    this.#options = options
    const { wire, clock, maxClientBytes: maxBytes, onDropped } = options
    this.#outbox = new Outbox({
      wire,
      clock,
      maxBytes,
      onSlow: () => this.#cut('slow_client', 'The client does not read.'),
      onDropped,
    })
    this.#acks = new Acks({ clock, send: (message) => this.#send(message), onAck: options.onAck })
    this.#reading = new Reading({
      clock,
      setPaused: (paused) => wire.setPaused(paused),
      tooMuch: (share) => this.#tooMuch(share),
    })
    this.#lastInMs = clock.now()
  }

  /** Cuts a client that has been silent for too long. While we do not read, or it waits for results, silence is not its own. */
  checkIdle(): void {
    if (this.#closed || this.#reading.isPaused || this.#opening || this.#finishing > 0) return
    if (this.#options.clock.now() - this.#lastInMs < this.#options.idleMs) return
    this.#fail(
      new VigiaError('slow_client', `Expected a message within ${this.#options.idleMs / 1000} s, got none.`, {
        hint: 'Send ping while there is no audio. The session waits; resume it.',
      }),
    )
  }

  /** Ends the connection for a reason of the server's; the session waits for its client. */
  end(error: VigiaError): void {
    if (!this.#closed) this.#fail(error)
  }

  /** The server restarts: the client comes back to the next one. */
  restart(): void {
    if (!this.#closed) this.#options.wire.close(1012, 'restart')
  }

  /** A text message. Messages are handled one after the other. */
  text(text: string): void {
    this.#lastInMs = this.#options.clock.now()
    if (text.length > this.#options.maxMessageBytes) this.#tooLarge(text.length)
    else this.#enqueue(() => this.#handle(parseClientMessage(text)))
  }

  /** A binary message: audio. `bytes` is only read during the call unless a config is still being opened. */
  binary(bytes: Buffer): void {
    this.#lastInMs = this.#options.clock.now()
    if (bytes.length > this.#options.maxMessageBytes) this.#tooLarge(bytes.length)
    else if (this.#session && !this.#opening) this.#guard(() => this.#audio(bytes))
    else this.#later(Buffer.from(bytes))
  }

  /** The socket is gone. */
  closed(): void {
    this.#closed = true
    this.#outbox.close()
    this.#acks.stop()
    this.#reading.close()
    this.#replies?.[Symbol.dispose]()
    this.#replies = null
    this.#enqueue(() => this.#session?.detach())
  }

  /** Tells the client that the server is about to stop. */
  goingAway(inMs: number): void {
    this.#send({ type: 'going_away', in_ms: inMs })
  }

  #enqueue(task: () => void | Promise<void>): void {
    this.#opening = true
    this.#work = this.#work.then(async () => {
      try {
        await task()
      } catch (error) {
        this.#fail(error)
      }
    })
    const mine = this.#work
    void mine.then(() => {
      if (this.#work === mine) this.#opening = false
    })
  }

  /** Audio that came while an earlier message is still being handled. */
  #later(bytes: Buffer): void {
    this.#queuedBytes += bytes.length
    this.#reading.took()
    this.#enqueue(() => {
      this.#queuedBytes -= bytes.length
      try {
        this.#audio(bytes)
      } finally {
        this.#reading.gone()
      }
    })
  }

  #guard(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#fail(error)
    }
  }

  async #handle(message: ClientMessage): Promise<void> {
    if (isForAssistant(message)) return tellAssistant(this.#assistant(message.type), message)
    switch (message.type) {
      case 'config':
        return this.#open(message)
      case 'audio_chunk':
        return this.#chunk(message.data_b64, message.chunk_id)
      case 'gap':
        return this.#need().gap({ ms: message.ms, reason: message.reason, gapId: message.gap_id })
      case 'frame':
        return this.#frame(message)
      case 'end_of_stream':
        return this.#end()
      case 'ping':
        return this.#send({ type: 'pong' })
    }
  }

  #assistant(type: string): AssistantInput {
    const { assistant } = this.#need()
    if (assistant) return assistant
    throw new VigiaError('not_supported', `"${type}" belongs to mode "assistant"; this session is in mode "transcribe".`, {
      hint: 'Send config with mode "assistant".',
    })
  }

  async #open(message: ConfigMessage): Promise<void> {
    if (this.#session) {
      throw new VigiaError(
        'config_repeated',
        'A session is open on this socket; expected audio or end_of_stream, got a second config.',
        {
          hint: 'Send end_of_stream first; then the same socket may send a new config.',
        },
      )
    }
    const { type: _type, resume_token, ...asked } = message
    if (resume_token === undefined) this.#options.onNewSession?.()
    const config = asked.mode === 'assistant' ? { ...asked, assistantSettings: settingsOf(asked) } : asked
    const events: SessionEvent[] = []
    let listener = (event: SessionEvent): void => void events.push(event)
    const { session, engines, limits } = await this.#options.sessions.open(config, resume_token, this.#options.owner, (event) =>
      listener(event),
    )
    if (this.#closed) return session.detach()
    this.#session = session
    this.#acks.begin(session.receivedBytes)
    this.#lastChunkId = null
    this.#send({
      type: 'config_ack',
      message: resume_token === undefined ? 'session open' : 'session resumed',
      session_id: session.id,
      resume_token: session.resumeToken,
      received_bytes: session.receivedBytes,
      tier: session.tier,
      engines,
      limits,
    })
    const translator = new ResultsTranslator(session.id, session.config)
    this.#replies?.[Symbol.dispose]()
    this.#replies = new ReplyTranslator(session.config)
    listener = (event) => this.#event(session, translator, event)
    for (const event of events) listener(event)
  }

  #chunk(dataB64: string, chunkId: string | number | undefined): void {
    this.#need()
    if (typeof chunkId === 'number') {
      if (this.#lastChunkId !== null && chunkId <= this.#lastChunkId) {
        throw new VigiaError(
          'chunk_out_of_order',
          `Expected a chunk_id above ${this.#lastChunkId}, got ${chunkId}; this chunk was not taken.`,
          {
            hint: 'Number chunks upwards; after a reconnect send again from received_bytes of config_ack.',
          },
        )
      }
    }
    const bytes = decodeBase64(dataB64, 'audio_chunk.data_b64')
    this.#audio(bytes)
    if (typeof chunkId === 'number') this.#lastChunkId = chunkId
    if (chunkId !== undefined) this.#acks.named(chunkId)
  }

  #audio(bytes: Buffer): void {
    const session = this.#need()
    if (bytes.length === 0) return
    session.audio(bytes)
    this.#acks.took(bytes.length)
    this.#options.onAudio?.(bytes.length)
    this.#reading.took()
  }

  async #frame(message: Extract<ClientMessage, { type: 'frame' }>): Promise<void> {
    const session = this.#need()
    const bytes = decodeBase64(message.image_b64.replace(/^data:[^,]*,/, ''), 'frame.image_b64')
    await this.#options.onFrame({
      bytes,
      sessionId: session.id,
      timestamp: message.timestamp,
      prompt: message.prompt,
      language: message.language,
      owner: this.#options.owner,
    })
  }

  async #end(): Promise<void> {
    const session = this.#need()
    this.#finishing += 1
    try {
      await session.end()
    } catch (error) {
      this.#finishing -= 1
      throw error
    }
    this.#acks.flush()
    this.#session = null
  }

  #need(): LiveSession {
    if (this.#session) return this.#session
    throw new VigiaError('config_required', 'Expected a config message first; got something else.', {
      hint: 'Begin with {"type":"config"}; every field has a default. What came before it was not stored.',
    })
  }

  #event(session: LiveSession, translator: ResultsTranslator, event: SessionEvent): void {
    if (event.type === 'durable') {
      if (this.#session === session) this.#durable(event.receivedBytes)
      return
    }
    if (event.type === 'superseded') {
      if (this.#session === session) this.#session = null
      this.#acks.stop() // what waits is less than what the other one was told
      this.#fail(new VigiaError('session_superseded', 'Another connection has taken this session over.'))
      return
    }
    if (event.type === 'expired') {
      // the session is finished without its client's word, and its results still come
      if (this.#session === session) this.#session = null
      this.#finishing += 1
    }
    if (event.type === 'closed') this.#finishing = Math.max(0, this.#finishing - 1)
    for (const message of translator.translate(event, session.receivedMs)) this.#send(message)
    for (const { message, binary } of this.#replies?.translate(event) ?? []) {
      if (binary && !this.#closed) this.#outbox.sendSound(message, binary)
      else this.#send(message)
    }
  }

  #durable(receivedBytes: number): void {
    this.#reading.gone()
    this.#acks.durable(receivedBytes)
  }

  /** Whether more waits, for an earlier message or for the disk, than this share of what may. */
  #tooMuch(share: number): boolean {
    const { maxInflightBytes, maxPendingBytes } = this.#options
    const session = this.#session
    if (this.#queuedBytes > MAX_QUEUED_BYTES * share) return true
    if (!session) return false
    return session.inflightBytes > maxInflightBytes * share || session.pendingBytes > maxPendingBytes * share
  }

  #tooLarge(size: number): void {
    this.#fail(
      new VigiaError('message_too_large', `Expected at most ${this.#options.maxMessageBytes} bytes in a message, got ${size}.`, {
        hint: 'Cut audio into chunks of 100 ms; limits are in config_ack.',
      }),
    )
  }

  #fail(error: unknown): void {
    const body = toErrorBody(error)
    this.#options.onError?.(body.code, this.#session?.id ?? null)
    this.#send({ type: 'error', ...body })
    const { fatal, close } = ERROR_CODES[body.code]
    if (fatal && !this.#closed) this.#options.wire.close(close, body.code)
  }

  /** An error for a client that does not take messages any more: only the close code can tell it. */
  #cut(code: 'slow_client', message: string): void {
    this.#options.onError?.(code, this.#session?.id ?? null)
    this.#options.wire.close(ERROR_CODES[code].close, message)
  }

  #send(message: ServerMessage): void {
    if (!this.#closed) this.#outbox.send(message)
  }
}
