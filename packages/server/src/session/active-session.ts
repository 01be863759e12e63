import { type Tier, VigiaError } from '@vigia/protocol'
import type { PcmChunk } from '../engines/audio.ts'
import type { Clock } from '../std/clock.ts'
import type { AudioLog, Store } from '../store/store.ts'
import type { Assistant } from './answering/assistant.ts'
import type { AssistantOptions } from './answering/assistant-options.ts'
import type { EndpointingOptions } from './endpointing.ts'
import { EventLog } from './event-log.ts'
import type { Hearing, HearingEvent, HearingOptions } from './hearing.ts'
import { RecentAudio } from './recent-audio.ts'
import type { LiveSession, SessionConfig, SessionEvent, SessionListener, SessionStatus } from './service.ts'
import { StoredTexts } from './stored-texts.ts'

/** One session between its first byte and its end: the audio log, what listens to it, and the connection that feeds it. */

export interface ActiveSessionOptions {
  id: string
  config: SessionConfig
  log: AudioLog
  store: Store
  clock: Clock
  tier: Tier
  /** The server's own, for what a client leaves out. */
  endpointing: EndpointingOptions
  /** Makes what listens; null when nobody waits for live text. */
  makeHearing: ((emit: (event: HearingEvent) => void, tap: HearingOptions['tap']) => Hearing) | null
  /** Mode `assistant`: makes what answers. */
  makeAssistant?: ((host: AssistantHost) => Assistant) | null
  /** Every event, for those who listen besides the client. */
  publish: (event: SessionEvent) => void
  onEnd: (session: ActiveSession) => Promise<void>
  onDetach: (session: ActiveSession) => void
}

/** What the assistant needs of its session. */
export type AssistantHost = Pick<
  AssistantOptions,
  'emit' | 'onError' | 'receivedMs' | 'endUtterance' | 'recentAudio' | 'tier' | 'exclude'
>

interface Connection {
  listener: SessionListener
  connectedAtMs: number
}

/** Chunk rate is counted over this time. */
const RATE_WINDOW_MS = 5000
export class ActiveSession {
  readonly id: string
  readonly config: SessionConfig
  readonly #options: ActiveSessionOptions
  readonly #events: EventLog
  #hearing: Hearing | null
  /** Where on the timeline live hearing was given up, and when. */
  #deaf: { ms: number; atMs: number } | null = null
  readonly #texts: StoredTexts
  #connection: Connection | null = null
  #ended = false
  #connections = 0
  #chunks = 0
  #rate = 0
  #rateSinceMs: number
  tier: Tier
  readonly assistant: Assistant | null
  readonly #recent = new RecentAudio()
  #silenceTold = false

  constructor(options: ActiveSessionOptions) {
    this.#options = options
    this.id = options.id
    this.config = options.config
    this.tier = options.tier
    this.#events = new EventLog(options.store, this.id)
    this.#rateSinceMs = options.clock.now()
    const { id: sessionId, log, store } = options
    this.#texts = new StoredTexts({ sessionId, log, store, emit: (event) => this.emit(event) })
    options.log.onDurable = (bytes) => this.#durable(bytes)
    options.log.onError = (error) => this.emit({ type: 'error', error })
    this.assistant = options.makeAssistant?.(this.#assistantHost()) ?? null
    const tap = this.assistant ? (chunk: PcmChunk): void => this.#recent.push(chunk) : undefined
    this.#hearing = options.makeHearing?.((event) => this.#heard(event), tap) ?? null
  }

  get connected(): boolean {
    return this.#connection !== null
  }

  get log(): AudioLog {
    return this.#options.log
  }

  /** Milliseconds of the timeline received so far; without live hearing, from the wall clock. */
  get receivedMs(): number {
    if (this.#hearing) return this.#hearing.receivedMs
    if (this.#deaf) return this.#deaf.ms + this.#options.clock.now() - this.#deaf.atMs
    return this.#connection ? this.#options.clock.now() - this.#connection.connectedAtMs : 0
  }

  /**
   * Makes this the only connection; the one before it is told. What that one handed over is made durable first, so that
   * `receivedBytes` is where the stream really ends.
   *
   * @throws VigiaError `storage_failed`, `storage_full`
   */
  async reconnect(resumeToken: string, listener: SessionListener): Promise<LiveSession> {
    const before = this.#connection
    this.#connection = null
    before?.listener({ type: 'superseded' })
    await this.log.flush()
    this.log.resumed()
    return this.connect(resumeToken, listener)
  }

  /** The first connection. */
  connect(resumeToken: string, listener: SessionListener): LiveSession {
    const connection: Connection = { listener, connectedAtMs: this.#options.clock.now() }
    this.#connection = connection
    // what it says to its new client comes behind the answer to the client's own message
    if (this.#connections++ > 0) queueMicrotask(() => this.assistant?.attached())
    const check = (): void => this.#check(connection)
    const session = this
    return {
      id: this.id,
      config: this.config,
      resumeToken,
      receivedBytes: this.log.durableBytes,
      get tier() {
        return session.tier
      },
      get inflightBytes() {
        return session.log.appendedBytes - session.log.durableBytes
      },
      get pendingBytes() {
        return session.log.pendingBytes
      },
      get receivedMs() {
        return session.receivedMs
      },
      get assistant() {
        return session.assistant
      },
      audio(bytes) {
        check()
        session.#audio(bytes)
      },
      gap(gap) {
        check()
        if (session.log.gap(gap)) session.#hearing?.gap(gap.ms)
      },
      endpointing(choice) {
        check()
        session.#hearing?.configure({ ...session.#options.endpointing, ...choice })
      },
      async flush() {
        check()
        await session.#flush()
      },
      async end() {
        check()
        await session.end()
      },
      detach() {
        if (session.#connection !== connection) return
        session.#connection = null
        session.assistant?.detached()
        if (!session.#ended) session.#options.onDetach(session)
      },
    }
  }

  async #flush(): Promise<void> {
    if (!this.#hearing) return
    await this.#hearing.endUtterance()
    await this.#hearing.textsOut
    await this.#texts.told
  }

  /** No more audio: stores what is in hand, hears the rest, and hands over to the second pass. */
  async end(): Promise<void> {
    if (this.#ended) return
    this.#ended = true
    try {
      await this.log.flush()
      this.assistant?.close()
      await this.#options.onEnd(this)
    } catch (error) {
      this.#ended = false // a full disk: the client may try again
      throw error
    }
  }

  /** Lets what is being heard come to its end; far behind, it is left to the second pass. */
  async finishHearing(maxLagMs: number): Promise<void> {
    const hearing = this.#hearing
    if (!hearing) return
    if (hearing.unheardMs > maxLagMs) hearing.stop()
    else await hearing.finish().catch((error: unknown) => this.emit({ type: 'error', error }))
    await this.#texts.told
    await this.#events.drained
    hearing.stop()
  }

  /** Heard live, and so a load on the recognizer. */
  get listens(): boolean {
    return this.#hearing !== null && this.tier !== 'record_only' && !this.#ended
  }

  /** Gives live text up: what is recorded from here on is transcribed when the session has ended. */
  degrade(reason: string): void {
    if (!this.listens) return
    this.tier = 'record_only'
    this.#deaf = { ms: this.receivedMs, atMs: this.#options.clock.now() }
    this.#hearing?.stop()
    this.#hearing = null
    this.emit({ type: 'degraded', tier: 'record_only', reason })
  }

  /** Load has fallen: the answers of a session that had none have a voice again. */
  restoreVoice(): void {
    if (this.tier !== 'no_voice') return
    this.tier = 'full'
    this.#silenceTold = false
    this.emit({ type: 'degraded', tier: 'full', reason: 'load has fallen: answers have a voice again' })
  }

  /** Stops at once, keeping what is stored. */
  async close(): Promise<void> {
    this.#ended = true
    this.assistant?.close()
    this.#hearing?.stop()
    await this.log.close()
    await this.#events.drained
  }

  /** Tells the client and all who listen. */
  emit(event: SessionEvent): void {
    if (event.type === 'observation') this.assistant?.seen(event.observation)
    if (event.type === 'alert') this.assistant?.alert(event)
    this.#events.add(event, this.receivedMs)
    this.#connection?.listener(event)
    this.#options.publish(event)
  }

  status(): SessionStatus {
    const nowMs = this.#options.clock.now()
    if (nowMs - this.#rateSinceMs >= RATE_WINDOW_MS) {
      this.#rate = (this.#chunks * 1000) / (nowMs - this.#rateSinceMs)
      this.#chunks = 0
      this.#rateSinceMs = nowMs
    }
    return {
      id: this.id,
      state: this.#connection ? 'live' : 'detached',
      tier: this.tier,
      connectedMs: this.#connection ? nowMs - this.#connection.connectedAtMs : 0,
      receivedBytes: this.log.appendedBytes,
      durableBytes: this.log.durableBytes,
      lagSeconds: (this.#hearing?.lagMs ?? 0) / 1000,
      chunkRate: this.#rate,
      client: this.config.client?.name ?? null,
    }
  }

  #check(connection: Connection): void {
    if (this.#connection !== connection) {
      throw new VigiaError('session_superseded', 'Another connection has taken this session over.', {
        hint: 'Use the newest connection.',
      })
    }
    if (this.#ended) {
      throw new VigiaError('session_not_live', 'This session has ended; no more audio can be added.', {
        hint: 'Send a new config.',
      })
    }
  }

  #audio(bytes: Uint8Array): void {
    this.log.append(bytes)
    this.#hearing?.push(bytes)
    this.#chunks += 1
  }

  #durable(bytes: number): void {
    this.#texts.durable(bytes)
    this.#connection?.listener({ type: 'durable', receivedBytes: bytes })
  }

  #assistantHost(): AssistantHost {
    return {
      emit: (event) => {
        if (event.type === 'reply_started') this.#sayWhyThereIsNoVoice()
        this.emit(event)
      },
      onError: (error) => this.emit({ type: 'error', error }),
      receivedMs: () => this.receivedMs,
      endUtterance: () => this.#hearing?.endUtterance() ?? Promise.resolve(),
      recentAudio: (ms) => this.#recent.last(ms),
      tier: () => this.tier,
      exclude: (segments, reason) => this.#texts.exclude(segments, reason),
    }
  }

  /** Once for each time without: with the first answer that lacks it. */
  #sayWhyThereIsNoVoice(): void {
    if (this.tier !== 'no_voice' || this.#silenceTold) return
    this.#silenceTold = true
    this.emit({ type: 'degraded', tier: 'no_voice', reason: 'the server is busy: answers come as text until load falls' })
  }

  /** The assistant is told at once: it does not wait for the disk. */
  #tellAssistant(event: HearingEvent): void {
    const { assistant } = this
    if (!assistant) return
    if (event.type === 'speech_started') assistant.speechStarted(event.utteranceId, event.atMs)
    else if (event.type === 'speech_stopped') assistant.speechStopped(event.atMs)
    else if (event.type === 'pause') assistant.pause(event.atMs)
    else if (event.type === 'resume') assistant.resumeSpeech()
    else if (event.type === 'interim') assistant.interim(event.utteranceId, event.text)
    else if (event.type === 'utterance_done') assistant.utteranceDone(event.utteranceId, event.segments, event.familiarity)
  }

  #heard(event: HearingEvent): void {
    this.#hear(event)
    this.#tellAssistant(event)
  }

  #hear(event: HearingEvent): void {
    if (event.type === 'final') this.#texts.add(event.segment, event.throughByte)
    else if (event.type !== 'utterance_done') this.emit(event)
  }
}
