import {
  type ClientMessageInput,
  ERROR_CODES,
  type Report,
  type ServerMessage,
  type ServerMessageOf,
  VigiaError,
} from '@vigia/protocol'
import { authProtocols } from '../auth.ts'
import { Emitter, type Listener } from '../std/emitter.ts'
import { EventStream } from '../std/event-stream.ts'
import { systemTimers, type Timers } from '../std/timers.ts'
import { reconnectDelayMs } from './backoff.ts'
import { Connection, type ConnectionHandlers } from './connection.ts'
import { durationOf } from './duration.ts'
import { isExpendable, type LiveEvent, type LiveState, type LocalEvent } from './events.ts'
import { fetchResult } from './fetch-result.ts'
import { KeepWriter } from './keep-writer.ts'
import type { LiveConfig, LiveOptions } from './options.ts'
import { type GapReason, StreamLog } from './stream-log.ts'

/** Bytes the network may hold back before sending pauses: what lies there cannot be taken back after a cut. */
const MAX_BUFFERED_BYTES = 256 * 1024
const BUFFER_CHECK_MS = 50
const MAX_KEPT_BYTES = 60 * 1024 * 1024
/** Sessions that ended with these close codes cannot be resumed. */
const FINAL_CLOSE_CODES = new Set([4401, 4403, 4404, 4409])

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
  readonly #emitter = new Emitter<LiveEvent>()
  readonly #streams = new Set<EventStream<LiveEvent>>()
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
  #attempt = 0
  #failures = 0
  #stopTimer: (() => void) | null = null
  #stopPump: (() => void) | null = null
  #ending = false
  #endSent = false
  #announced: ServerMessageOf<'reply_audio'> | null = null
  #receivedBytes = 0

  constructor(options: LiveOptions, resumed?: Resumed) {
    this.#options = options
    this.#timers = options.timers ?? systemTimers
    this.#durationMs = durationOf(options)
    this.#sessionId = resumed?.sessionId ?? options.session_id
    this.#resumeToken = resumed?.resumeToken
    this.#log = resumed?.log ?? newLog(options)
    this.#keep = options.keep ? new KeepWriter(options.keep, this.#timers, () => this.#kept()) : null
    this.#ended.promise.catch(() => {}) // also told as an event
    this.#ready.promise.catch(() => {})
    options.signal?.addEventListener('abort', () => this.close(), { once: true })
    this.#wakeOnReturn()
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
    return this.#emitter.on(type, listener)
  }

  /** Events from now on, until the session is over. */
  [Symbol.asyncIterator](): AsyncIterator<LiveEvent> {
    const stream = new EventStream<LiveEvent>({ expendable: isExpendable })
    if (isOver(this.#state)) stream.end()
    else this.#streams.add(stream)
    return stream[Symbol.asyncIterator]()
  }

  /** Adds audio in the encoding of the session; raw Opus: one packet. `bytes` is kept: hand over a copy if it is reused. */
  sendAudio(bytes: Uint8Array): void {
    if (this.#ending || isOver(this.#state)) return
    const lostMs = this.#log.audio(bytes)
    if (lostMs > 0) this.#emit({ type: 'audio_lost', ms: lostMs })
    this.#keep?.changed()
    this.#pump()
  }

  /** Declares audio that never existed. */
  gap(ms: number, reason: GapReason): void {
    const whole = Math.round(ms)
    if (whole < 1 || this.#ending || isOver(this.#state)) return
    this.#log.gap(whole, reason)
    this.#keep?.changed()
    this.#pump()
  }

  /** Sends a control message (`text`, `interrupt`, `playback`, `frame`) if the connection stands; these are not kept. */
  send(message: Extract<ClientMessageInput, { type: 'text' | 'interrupt' | 'playback' | 'frame' }>): boolean {
    if (!this.#configured || !this.#connection) return false
    this.#connection.send(message)
    return true
  }

  /** No more audio: sends what is left, waits for the report. @throws VigiaError */
  end(): Promise<Report | null> {
    if (!this.#ending) {
      this.#ending = true
      this.#pump()
    }
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
    const {
      url = globalThis.location?.origin ?? 'http://127.0.0.1:8000',
      auth,
      socket,
      heartbeatMs = 5000,
      deadAfterMs = 15_000,
    } = this.#options
    const open = socket ?? ((address: string, protocols: string[]) => new WebSocket(address, protocols))
    const address = `${url.replace(/^http/, 'ws').replace(/\/$/, '')}/ws/audio`
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
    this.#emit(message)
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
    this.#endSent = false
    this.#attempt = 0
    this.#failures = 0
    this.#ready.resolve(ack)
    this.#setState(this.#ending ? 'finishing' : 'live')
    this.#keep?.changed()
    this.#pump()
  }

  #confirmed(receivedBytes: number): void {
    this.#receivedBytes = receivedBytes
    this.#log.confirm(receivedBytes)
    this.#keep?.changed()
  }

  #binary(data: Uint8Array): void {
    const announced = this.#announced
    this.#announced = null
    if (announced) this.#emit({ ...announced, type: 'reply_sound', data })
  }

  /** Sends what waits, as far as the network takes it. */
  #pump(): void {
    const connection = this.#connection
    if (!connection || !this.#configured || this.#endSent) return
    while (this.#log.hasUnsent) {
      if (connection.bufferedBytes > MAX_BUFFERED_BYTES) {
        this.#pumpLater()
        return
      }
      const item = this.#log.take()!
      if (item.kind === 'audio') connection.sendBytes(item.bytes)
      else connection.send({ type: 'gap', ms: Math.max(1, Math.round(item.ms)), reason: item.reason, gap_id: item.gapId })
    }
    if (!this.#ending) return
    this.#endSent = true
    connection.send({ type: 'end_of_stream' })
    this.#setState('finishing')
  }

  #pumpLater(): void {
    this.#stopPump?.()
    this.#stopPump = this.#timers.after(BUFFER_CHECK_MS, () => this.#pump())
  }

  #lost(code: number): void {
    this.#connection = null
    this.#configured = false
    if (FINAL_CLOSE_CODES.has(code)) {
      const why = code === 4409 ? 'session_superseded' : code === 4404 ? 'session_not_found' : 'unauthorized'
      this.#fail(new VigiaError(why, `The server closed the session (${code}).`))
      return
    }
    if (this.#endSent) {
      void this.#askForResult()
      return
    }
    this.#retry()
  }

  #retry(): void {
    const delayMs = reconnectDelayMs(this.#attempt, (this.#options.random ?? Math.random)())
    this.#attempt += 1
    this.#setState(this.#ack || this.#resumeToken ? 'reconnecting' : 'connecting', delayMs)
    this.#stopTimer?.()
    this.#stopTimer = this.#timers.after(delayMs, () => this.#connect())
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
    if (outcome.report) this.#emit({ type: 'analysis', report: outcome.report })
    this.#finish(outcome.report)
  }

  /** An error that ends the session, or one that only says what went wrong. */
  #refused({ code, message, hint, retryable }: ServerMessageOf<'error'>): void {
    if (code === 'session_not_live' && this.#sessionId !== undefined && this.#ending) {
      this.#dropConnection()
      void this.#askForResult()
      return
    }
    if (this.#configured && !ERROR_CODES[code]?.fatal) return
    if (this.#configured && retryable) return // the socket closes; we come back
    if (retryable || code === 'internal') {
      this.#failures += 1
      // a first connection that is refused again and again is told; a session with audio is never given up
      if (this.#ack || this.#failures < 5) {
        this.#dropConnection()
        this.#retry()
        return
      }
    }
    this.#fail(new VigiaError(code, message, hint ? { hint } : {}))
  }

  #dropConnection(): void {
    this.#connection?.close()
    this.#connection = null
    this.#configured = false
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
    this.#stopTimer?.()
    this.#stopPump?.()
    this.#keep?.stop()
    this.#dropConnection()
    for (const stream of this.#streams) stream.end()
    this.#streams.clear()
    if (typeof removeEventListener === 'function') removeEventListener('online', this.#return)
  }

  #setState(state: LiveState, retryInMs?: number): void {
    if (this.#state === state && retryInMs === undefined) return
    this.#state = state
    this.#emit({
      type: 'state',
      state,
      keptMs: this.#keptMs(),
      ...(retryInMs === undefined ? {} : { retryInMs, attempt: this.#attempt }),
    })
  }

  #keptMs(): number {
    return this.#log.items.reduce((sum, item) => sum + (item.kind === 'audio' ? this.#durationMs(item.bytes) : item.ms), 0)
  }

  #emit(event: LiveEvent | LocalEvent): void {
    for (const stream of this.#streams) stream.push(event)
    this.#emitter.emit(event)
  }

  #kept() {
    if (!this.#sessionId || !this.#resumeToken) return null
    const { url = globalThis.location?.origin ?? '' } = this.#options
    const session = { sessionId: this.#sessionId, resumeToken: this.#resumeToken, url, config: configOf(this.#options) }
    return { session: { ...session, lostBelow: this.#log.lostBelow, savedAt: Date.now() }, items: this.#log.items }
  }

  /** The network is back: no need to wait for the timer. */
  readonly #return = (): void => {
    if (this.#connection || isOver(this.#state)) return
    this.#stopTimer?.()
    this.#stopTimer = this.#timers.after(0, () => this.#connect())
  }

  #wakeOnReturn(): void {
    if (typeof addEventListener === 'function') addEventListener('online', this.#return)
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

/** The options that belong to the `config` message. */
export function configOf(options: LiveOptions): LiveConfig {
  const { url, auth, maxKeptBytes, keep, heartbeatMs, deadAfterMs, signal, socket, fetch, timers, random, ...config } = options
  return config
}
