import { type ClientMessageInput, type Report, type ServerMessage, type ServerMessageOf, VigiaError } from '@vigia/protocol'
import { authProtocols } from '../auth.ts'
import type { Listener } from '../std/emitter.ts'
import { systemTimers, type Timers } from '../std/timers.ts'
import { Connection, type ConnectionHandlers } from './connection.ts'
import { durationOf } from './duration.ts'
import { EventHub } from './event-hub.ts'
import type { LiveEvent, LiveState } from './events.ts'
import { fetchResult } from './fetch-result.ts'
import { KeepWriter } from './keep-writer.ts'
import { configOf, type LiveOptions, serverAddress } from './options.ts'
import { Outbox } from './outbox.ts'
import { Reconnector } from './reconnector.ts'
import { errorOfClose, verdictOn } from './refusal.ts'
import { type GapReason, StreamLog } from './stream-log.ts'

const MAX_KEPT_BYTES = 60 * 1024 * 1024
/** A session that was kept by an earlier run. */
export interface Resumed {
  sessionId: string
  resumeToken: string
  log: StreamLog
}

/**
 * One live session over as many sockets as it takes. Audio is kept until the server has it on disk and sent again after a
 * reconnect; it never gives up while unconfirmed audio is left.
 */
export class LiveSession implements AsyncIterable<LiveEvent> {
  readonly #options: LiveOptions
  readonly #timers: Timers
  readonly #log: StreamLog
  readonly #durationMs: (bytes: Uint8Array) => number
  readonly #events = new EventHub()
  readonly #outbox: Outbox
  readonly #reconnector: Reconnector
  readonly #keep: KeepWriter | null
  readonly #ended = Promise.withResolvers<Report | null>()
  readonly #ready = Promise.withResolvers<ServerMessageOf<'config_ack'>>()
  #state: LiveState = 'connecting'
  #connection: Connection | null = null
  /** The server has confirmed the config of this connection. */
  #configured = false
  #ack: ServerMessageOf<'config_ack'> | null = null
  #sessionId: string | undefined
  #resumeToken: string | undefined
  /** Refusals in a row that may pass. */
  #refusals = 0
  #announced: ServerMessageOf<'reply_audio'> | null = null
  #receivedBytes = 0

  constructor(options: LiveOptions, resumed?: Resumed) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#durationMs = durationOf(options)
    this.#sessionId = resumed?.sessionId ?? options.session_id
    this.#resumeToken = resumed?.resumeToken
    this.#log = resumed?.log ?? newLog(options)
    this.#outbox = new Outbox(this.#log, this.#timers, () => this.#setState('finishing'))
    this.#reconnector = new Reconnector(this.#timers, options.random ?? Math.random, () => this.#connect())
    this.#keep = options.keep ? new KeepWriter(options.keep, this.#timers, () => this.#kept()) : null
    this.#ended.promise.catch(() => {}) // also told as an event
    this.#ready.promise.catch(() => {})
    options.signal?.addEventListener('abort', () => this.close(), { once: true })
    this.#connect()
  }

  get state(): LiveState {
    return this.#state
  }

  /** Known once the server has confirmed the session. */
  get sessionId(): string | undefined {
    return this.#sessionId
  }

  /** The server's newest confirmation: engines, limits, tier. */
  get ack(): ServerMessageOf<'config_ack'> | null {
    return this.#ack
  }

  /** Bytes that are captured and not confirmed. */
  get keptBytes(): number {
    return this.#log.keptBytes
  }

  /** Bytes that are captured, and of these how many the server has on disk (its count). */
  get progress(): { capturedBytes: number; confirmedBytes: number } {
    return { capturedBytes: this.#log.capturedBytes, confirmedBytes: this.#receivedBytes }
  }

  /** Resolves at the first confirmation of the server. @throws VigiaError when the session is refused */
  get ready(): Promise<ServerMessageOf<'config_ack'>> {
    return this.#ready.promise
  }

  /** Resolves with the report, or null where none was asked for. @throws VigiaError when the session failed */
  get finished(): Promise<Report | null> {
    return this.#ended.promise
  }

  /** Calls back for each event of a type, or of all (`*`). Returns the function that stops it. */
  on<K extends LiveEvent['type'] | '*'>(
    type: K,
    listener: Listener<K extends '*' ? LiveEvent : Extract<LiveEvent, { type: K }>>,
  ): () => void {
    return this.#events.on(type, listener)
  }

  /** Events from now on, until the session is over. */
  [Symbol.asyncIterator](): AsyncIterator<LiveEvent> {
    return this.#events.iterate()
  }

  /** Adds audio in the encoding of the session; raw Opus: one packet. `bytes` is kept: hand over a copy if it is reused. */
  sendAudio(bytes: Uint8Array): void {
    if (this.#outbox.isEnding || isOver(this.#state)) return
    const lostMs = this.#log.audio(bytes)
    if (lostMs > 0) this.#events.emit({ type: 'audio_lost', ms: lostMs })
    this.#keep?.changed()
    this.#outbox.pump()
  }

  /** Declares audio that never existed. */
  gap(ms: number, reason: GapReason): void {
    const whole = Math.round(ms)
    if (whole < 1 || this.#outbox.isEnding || isOver(this.#state)) return
    this.#log.gap(whole, reason)
    this.#keep?.changed()
    this.#outbox.pump()
  }

  /**
   * Sends a control message (`text`, `interrupt`, `playback`, `frame`) if the connection stands and the stream has not ended; these
   * are not kept. False when it was not sent.
   */
  send(message: Extract<ClientMessageInput, { type: 'text' | 'interrupt' | 'playback' | 'frame' }>): boolean {
    if (!this.#configured || !this.#connection || this.#outbox.endSent) return false
    this.#connection.send(message)
    return true
  }

  /** No more audio: sends what is left, waits for the report. @throws VigiaError */
  end(): Promise<Report | null> {
    this.#outbox.end()
    return this.#ended.promise
  }

  /** Leaves at once, without ending the session: the server waits for it for its grace time. */
  close(): void {
    if (isOver(this.#state)) return
    this.#over('closed')
    this.#ended.reject(new VigiaError('aborted', 'The session was closed by its client.'))
    this.#ready.reject(new VigiaError('aborted', 'The session was closed by its client.'))
  }

  #connect(): void {
    const { auth, socket, heartbeatMs = 5000, deadAfterMs = 15_000 } = this.#options
    const open = socket ?? ((address: string, protocols: string[]) => new WebSocket(address, protocols))
    const address = `${serverAddress(this.#options).replace(/^http/, 'ws')}/ws/audio`
    this.#configured = false
    const settings = { timers: this.#timers, heartbeatMs, deadAfterMs }
    const connection: Connection = new Connection(
      open(address, authProtocols(auth)),
      this.#handlers(() => connection),
      settings,
    )
    this.#connection = connection
  }

  /** Handlers of one connection, deaf once it is no longer the current one. */
  #handlers(own: () => Connection): ConnectionHandlers {
    const current = (): boolean => this.#connection === own() && !isOver(this.#state)
    return {
      open: () => {
        if (current()) own().send(this.#config())
      },
      message: (message) => {
        if (current()) this.#message(message)
      },
      binary: (data) => {
        if (current()) this.#binary(data)
      },
      closed: (code) => {
        if (current()) this.#lost(code)
      },
    }
  }

  #config(): ClientMessageInput {
    return {
      type: 'config',
      ...configOf(this.#options),
      ...(this.#sessionId ? { session_id: this.#sessionId } : {}),
      ...(this.#resumeToken ? { resume_token: this.#resumeToken } : {}),
    }
  }

  #message(message: ServerMessage): void {
    if (message.type === 'config_ack') this.#opened(message)
    else if (message.type === 'ack') this.#confirmed(message.received_bytes)
    else if (message.type === 'reply_audio') this.#announced = message
    this.#events.emit(message)
    if (message.type === 'analysis') this.#finish(message.report)
    else if (message.type === 'final_result' && this.#options.analyze === false) this.#finish(null)
    else if (message.type === 'error') this.#refused(message)
  }

  #opened(ack: ServerMessageOf<'config_ack'>): void {
    this.#ack = ack
    this.#sessionId = ack.session_id
    this.#resumeToken = ack.resume_token
    this.#receivedBytes = ack.received_bytes
    this.#log.rewind(ack.received_bytes)
    this.#configured = true
    this.#reconnector.reset()
    this.#refusals = 0
    this.#ready.resolve(ack)
    this.#setState(this.#outbox.isEnding ? 'finishing' : 'live')
    this.#keep?.changed()
    if (this.#connection) this.#outbox.attach(this.#connection)
  }

  #confirmed(receivedBytes: number): void {
    this.#receivedBytes = receivedBytes
    this.#log.confirm(receivedBytes)
    this.#keep?.changed()
  }

  #binary(data: Uint8Array): void {
    const announced = this.#announced
    this.#announced = null
    if (announced) this.#events.emit({ ...announced, type: 'reply_sound', data })
  }

  #lost(code: number): void {
    this.#connection = null
    this.#configured = false
    this.#outbox.detach()
    const error = errorOfClose(code)
    if (error) {
      this.#fail(error)
      return
    }
    if (this.#outbox.endSent) {
      void this.#askForResult()
      return
    }
    this.#retry()
  }

  #retry(): void {
    const retryInMs = this.#reconnector.schedule()
    this.#setState(this.#ack || this.#resumeToken ? 'reconnecting' : 'connecting', {
      retryInMs,
      attempt: this.#reconnector.attempt,
    })
  }

  /** The end may have reached the server or not: over HTTP it says which. */
  async #askForResult(): Promise<void> {
    this.#setState('finishing')
    const outcome = await fetchResult(this.#options, this.#sessionId!, this.#timers, () => isOver(this.#state))
    if (isOver(this.#state)) return
    if (outcome.kind === 'open') {
      this.#retry()
      return
    }
    if (outcome.kind === 'error') {
      this.#fail(outcome.error)
      return
    }
    if (outcome.report) this.#events.emit({ type: 'analysis', report: outcome.report })
    this.#finish(outcome.report)
  }

  /** An error that ends the session, or one that only says what went wrong. */
  #refused(error: ServerMessageOf<'error'>): void {
    const verdict = verdictOn(error, {
      isConfigured: this.#configured,
      wasOpen: this.#ack !== null || this.#resumeToken !== undefined,
      isEnding: this.#outbox.isEnding,
      refusals: this.#refusals,
    })
    if (verdict === 'told') return
    this.#refusals += 1
    if (verdict === 'fail') {
      this.#fail(new VigiaError(error.code, error.message, error.hint ? { hint: error.hint } : {}))
      return
    }
    this.#dropConnection()
    if (verdict === 'ask') void this.#askForResult()
    else this.#retry()
  }

  #dropConnection(): void {
    this.#connection?.close()
    this.#connection = null
    this.#configured = false
    this.#outbox.detach()
  }

  #finish(report: Report | null): void {
    this.#over('done')
    void this.#keep?.clear(this.#sessionId!)
    this.#ended.resolve(report)
  }

  #fail(error: VigiaError): void {
    this.#over('failed')
    this.#ready.reject(error)
    this.#ended.reject(error)
  }

  #over(state: LiveState): void {
    this.#setState(state)
    this.#reconnector.stop()
    this.#keep?.stop()
    this.#dropConnection()
    this.#events.end()
  }

  #setState(state: LiveState, retry?: { retryInMs: number; attempt: number }): void {
    if (this.#state === state && retry === undefined) return
    this.#state = state
    this.#events.emit({ type: 'state', state, keptMs: this.#keptMs(), ...retry })
  }

  #keptMs(): number {
    return this.#log.items.reduce((sum, item) => sum + (item.kind === 'audio' ? this.#durationMs(item.bytes) : item.ms), 0)
  }

  #kept() {
    if (!this.#sessionId || !this.#resumeToken) return null
    const session = {
      sessionId: this.#sessionId,
      resumeToken: this.#resumeToken,
      url: serverAddress(this.#options),
      config: configOf(this.#options),
      lostBelow: this.#log.lostBelow,
      savedAt: Date.now(),
    }
    return { session, items: this.#log.items }
  }
}

const isOver = (state: LiveState): boolean => state === 'done' || state === 'failed' || state === 'closed'

/** A log as the options ask for it. */
export function newLog(options: LiveOptions): StreamLog {
  return new StreamLog({
    maxBytes: options.maxKeptBytes ?? MAX_KEPT_BYTES,
    durationMs: durationOf(options),
    cuttable: options.encoding !== 'opus',
    id: `g${Math.floor((options.random ?? Math.random)() * 2 ** 32).toString(36)}`,
  })
}
