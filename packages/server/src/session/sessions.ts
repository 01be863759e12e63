import { randomUUID } from 'node:crypto'
import { type Tier, toErrorBody, VigiaError } from '@vigia/protocol'
import type { AudioDecoder } from '../media/decoder.ts'
import { KeyedTimers } from '../std/keyed-timers.ts'
import type { NewSession, SessionRecord, Span } from '../store/store.ts'
import type { ActiveSession } from './active-session.ts'
import { Anchors } from './anchors.ts'
import { EventLog } from './event-log.ts'
import { FINALIZE, found, TRANSCRIBE } from './finalizer.ts'
import { Finishing } from './finishing.ts'
import { addOffRecord, excludeSpan } from './off-record.ts'
import { openActive, type Resumed } from './open-active.ts'
import { Places, wantsHearing } from './places.ts'
import { assertResumable } from './resume.ts'
import type {
  LiveSession,
  Opened,
  RecordingUpload,
  SessionConfig,
  SessionEvent,
  SessionListener,
  SessionLoad,
  SessionService,
  SessionStatus,
} from './service.ts'
import type { SessionsOptions } from './sessions-options.ts'
import { Subscribers } from './subscribers.ts'
import { issueToken } from './tokens.ts'
import { uploadConfig } from './upload.ts'

/** All sessions of this server: opened, resumed, waiting for their client, finished, erased. */

export type { SessionsOptions } from './sessions-options.ts'

/** Live text further behind than this at the end of the stream is left to the second pass. */
const MAX_END_LAG_MS = 5000
/** A session that could not be finished, for want of room on the disk, is tried again after so long. */
const RETRY_END_MS = 60_000

/** Opens the service: verified sessions of the last run wait for their client. */
export async function openSessions(options: SessionsOptions): Promise<SessionService> {
  const sessions = new Sessions(options)
  await sessions.recover()
  return sessions
}

class Sessions implements SessionService {
  readonly #options: SessionsOptions
  readonly #active = new Map<string, ActiveSession>()
  readonly #opening = new Set<string>()
  readonly #places: Places
  /** Until a session without its client is finished. */
  readonly #graceTimers: KeyedTimers
  /** Until a session has lasted as long as it may. */
  readonly #expiryTimers: KeyedTimers
  readonly #subscribers = new Subscribers()
  readonly #anchors: Anchors
  readonly #stopWatching: () => void
  readonly #onErased = new Set<(sessionId: string) => void>()
  readonly #finishing: Finishing
  /** Sessions whose transcript somebody waits for. */
  readonly #interactive = new Set<string>()
  #draining = false

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#graceTimers = new KeyedTimers(options.clock)
    this.#expiryTimers = new KeyedTimers(options.clock)
    this.#anchors = new Anchors(options.store, options.clock)
    this.#places = new Places(options, this.#active)
    this.#stopWatching = options.clock.setInterval(() => this.#places.watch(), 1000)
    this.#finishing = new Finishing(options, (sessionId, event) => {
      options.onEvent?.(sessionId, event)
      this.publish(sessionId, event)
    })
  }

  async recover(): Promise<void> {
    for (const record of await this.#options.store.recover()) {
      if (record.config.keep === false) await this.#options.store.sessions.erase(record.id)
      else if (record.state !== 'ending') this.#startGrace(record.id, this.#graceLeft(record))
    }
    this.#finishing.kick()
  }

  async open(
    config: SessionConfig,
    resumeToken: string | undefined,
    owner: string | null,
    listener: SessionListener,
  ): Promise<Opened> {
    if (this.#draining) throw new VigiaError('overloaded', 'The server is stopping.', { hint: 'Connect again in a few seconds.' })
    const id = config.session_id ?? randomUUID()
    if (this.#opening.has(id)) throw new VigiaError('conflict', `Session "${id}" is being opened by another connection.`)
    this.#opening.add(id)
    try {
      const session =
        resumeToken === undefined
          ? await this.#create(id, config, owner, listener)
          : await this.#counted(this.#resume(id, resumeToken, owner, listener))
      this.#anchors.drop(session.id, session.receivedMs)
      return { session, engines: this.#options.engines().info(), limits: this.#options.limits }
    } finally {
      this.#opening.delete(id)
    }
  }

  async #create(id: string, config: SessionConfig, owner: string | null, listener: SessionListener): Promise<LiveSession> {
    const tier = this.#places.take(id, config)
    try {
      return await this.#createAs(tier, id, config, owner, listener)
    } finally {
      this.#places.settled(id)
    }
  }

  async #createAs(
    tier: Tier,
    id: string,
    config: SessionConfig,
    owner: string | null,
    listener: SessionListener,
  ): Promise<LiveSession> {
    const format = { encoding: config.encoding, sampleRate: config.sample_rate, channels: config.channels }
    const decoder = await this.#options.makeDecoder(format)
    try {
      const { token, stored } = issueToken()
      const { session_id: _id, ...kept } = config
      const record = await this.#stored({
        id,
        owner,
        format,
        language: config.language,
        mode: config.mode,
        config: kept,
        tokenHash: stored,
        tier,
        consent: config.consent ?? this.#options.consent ?? 'unknown',
      })
      const active = await this.#activate(record, config, decoder, null)
      this.#options.onAdmission?.(tier)
      return active.connect(token, listener)
    } catch (error) {
      decoder.free()
      throw error
    }
  }

  /**
   * A client that named its session and lost the connection before it read the answer has no token to resume it with: where nothing
   * came of it, it begins anew.
   */
  async #stored(session: NewSession): Promise<SessionRecord> {
    const { sessions } = this.#options.store
    try {
      return await sessions.create(session)
    } catch (error) {
      if (!VigiaError.is(error) || error.code !== 'session_exists' || !(await this.#isEmpty(session))) throw error
      await this.erase(session.id)
      return await sessions.create(session)
    }
  }

  async #isEmpty({ id, owner }: NewSession): Promise<boolean> {
    const { sessions } = this.#options.store
    const record = await sessions.get(id)
    if (record?.state !== 'detached' || record.owner !== owner || record.receivedBytes > 0) return false
    return (this.#active.get(id)?.log.appendedBytes ?? 0) === 0 && (await sessions.counts(id)).frames === 0
  }

  async #resume(id: string, token: string, owner: string | null, listener: SessionListener): Promise<LiveSession> {
    const { store } = this.#options
    const record = found(await store.sessions.get(id), id)
    assertResumable(record, token, owner)
    const issued = issueToken(token)
    if (!(await store.sessions.takeOver(id, record.epoch, issued.stored))) {
      throw new VigiaError('conflict', 'Another connection resumed this session at the same time.')
    }
    this.#graceTimers.stop(id)
    await store.sessions.update(id, { state: 'live', detachedAt: null })
    try {
      const active = this.#active.get(id) ?? (await this.#reactivate(record))
      return await active.reconnect(issued.token, listener)
    } catch (error) {
      this.#startGrace(id, this.#options.graceMs)
      throw error
    }
  }

  async #counted<T>(resuming: Promise<T>): Promise<T> {
    try {
      const resumed = await resuming
      this.#options.onResume?.('ok')
      return resumed
    } catch (error) {
      this.#options.onResume?.(toErrorBody(error).code)
      throw error
    }
  }

  /** After a restart nothing of the live state is left: hear again from behind the last final text. */
  async #reactivate(record: SessionRecord): Promise<ActiveSession> {
    const { store } = this.#options
    const decoder = await this.#options.makeDecoder(record.format)
    const segments = await store.segments.list(record.id)
    const lastEnd = segments.reduce((end, segment) => Math.max(end, segment.end), 0)
    const gaps = await store.audio.gaps(record.id)
    const config = { ...record.config, session_id: record.id } as SessionConfig
    return this.#activate(record, config, decoder, {
      listenFromMs: lastEnd * 1000,
      firstUtterance: segments.length + 1,
      storedGaps: gaps.length,
    })
  }

  async #activate(
    record: SessionRecord,
    config: SessionConfig,
    decoder: AudioDecoder,
    resumed: Resumed | null,
  ): Promise<ActiveSession> {
    const active = await openActive(record, config, decoder, {
      ...this.#options,
      resumed,
      listens: record.tier !== 'record_only' && wantsHearing(config),
      onMeasured: (realTimeFactor) => this.#places.measured(realTimeFactor),
      publish: (event) => this.#subscribers.tell(record.id, event),
      onEnd: (session) => this.#end(session, false),
      onDetach: (session) => this.#detached(session),
    })
    this.#active.set(record.id, active)
    this.#startExpiry(record)
    return active
  }

  #detached(session: ActiveSession): void {
    const { store, clock, graceMs } = this.#options
    this.#startGrace(session.id, graceMs)
    const detachedAt = new Date(clock.wallMs()).toISOString()
    store.sessions
      .update(session.id, { state: 'detached', detachedAt })
      .catch((error: unknown) => session.emit({ type: 'error', error }))
  }

  #startGrace(id: string, ms: number): void {
    // the disk may have room again by then
    this.#graceTimers.start(id, ms, () => void this.#finishTruncated(id).catch(() => this.#startGrace(id, RETRY_END_MS)))
  }

  #graceLeft(record: SessionRecord): number {
    const since = record.detachedAt ? Date.parse(record.detachedAt) : this.#options.clock.wallMs()
    return Math.max(0, this.#options.graceMs - (this.#options.clock.wallMs() - since))
  }

  #startExpiry({ id, createdAt }: SessionRecord): void {
    const { maxMs, clock } = this.#options
    if (maxMs === undefined) return
    const leftMs = Math.max(0, Date.parse(createdAt) + maxMs - clock.wallMs())
    this.#expiryTimers.start(id, leftMs, () => {
      this.#active.get(id)?.emit({ type: 'expired', maxMs })
      void this.#finishTruncated(id).catch(() => this.#startGrace(id, RETRY_END_MS))
    })
  }

  load(): SessionLoad {
    return this.#places.load(this.#draining)
  }

  async #finishTruncated(id: string): Promise<void> {
    const active = this.#active.get(id)
    if (active) await this.#end(active, true)
    else await this.#storeEnd(id, true)
    this.#finishing.kick()
  }

  async #end(session: ActiveSession, truncated: boolean): Promise<void> {
    this.#graceTimers.stop(session.id)
    this.#expiryTimers.stop(session.id)
    await session.log.flush()
    await this.#storeEnd(session.id, truncated)
    void this.#wrapUp(session).finally(() => this.#finishing.kick())
  }

  async #storeEnd(id: string, truncated: boolean): Promise<void> {
    await this.#options.store.sessions.end(id, {
      truncated,
      endedAt: new Date(this.#options.clock.wallMs()).toISOString(),
      job: this.#interactive.delete(id) ? TRANSCRIBE : FINALIZE,
    })
  }

  /** Live text comes to its end before the second pass begins, so that its events come in order. */
  async #wrapUp(session: ActiveSession): Promise<void> {
    await session.finishHearing(MAX_END_LAG_MS)
    await session.close().catch((error: unknown) => session.emit({ type: 'error', error }))
    await this.#anchors.save(session.id).catch(() => {})
  }

  subscribe(sessionId: string, listener: SessionListener): () => void {
    return this.#subscribers.add(sessionId, listener)
  }

  publish(sessionId: string, event: SessionEvent): void {
    const active = this.#active.get(sessionId)
    if (active) active.emit(event)
    else {
      new EventLog(this.#options.store, sessionId).add(event, 0)
      this.#subscribers.tell(sessionId, event)
    }
    if (event.type === 'closed') {
      this.#active.delete(sessionId)
      this.#anchors.forget(sessionId)
    }
  }

  status(): SessionStatus[] {
    return [...this.#active.values()].map((session) => session.status())
  }

  async ingest(upload: RecordingUpload): Promise<{ sessionId: string }> {
    const { session } = await this.open(uploadConfig(upload), undefined, upload.owner, () => {})
    try {
      for await (const bytes of upload.bytes) {
        session.audio(bytes)
        if (session.inflightBytes > this.#options.limits.max_inflight_bytes) await this.#active.get(session.id)?.log.flush()
      }
    } catch (error) {
      session.detach()
      await this.erase(session.id)
      throw error
    }
    if (upload.name) await this.#options.store.sessions.update(session.id, { title: upload.name })
    if (upload.interactive) this.#interactive.add(session.id)
    await session.end()
    return { sessionId: session.id }
  }

  async finish(sessionId: string): Promise<void> {
    const record = found(await this.#options.store.sessions.get(sessionId), sessionId)
    if (record.state === 'live' || record.state === 'detached') await this.#finishTruncated(sessionId)
  }

  async analyze(sessionId: string, options: { reuseTranscript?: boolean } = {}): Promise<void> {
    const record = found(await this.#options.store.sessions.get(sessionId), sessionId)
    if (record.state !== 'final') {
      throw new VigiaError('session_not_live', `Session "${sessionId}" is ${record.state}; it is analysed when it has ended.`, {
        hint: 'Wait for its report.',
      })
    }
    await this.#options.store.jobs.add(FINALIZE, sessionId, { reuseTranscript: options.reuseTranscript ?? true })
    this.#finishing.kick()
  }

  async offRecord(sessionId: string, span: Span): Promise<void> {
    const { store } = this.#options
    const record = found(await store.sessions.get(sessionId), sessionId)
    if (record.state === 'ending') {
      throw new VigiaError('conflict', `Session "${sessionId}" is being finished.`, { hint: 'Ask again when it is final.' })
    }
    await addOffRecord(store, sessionId, span)
    for (const segment of await excludeSpan(store, sessionId, span)) this.publish(sessionId, { type: 'segment', segment })
    this.#active.get(sessionId)?.assistant?.forget()
    if (record.state === 'final') await this.analyze(sessionId, { reuseTranscript: true })
  }

  async erase(sessionId: string): Promise<void> {
    found(await this.#options.store.sessions.get(sessionId), sessionId)
    this.#graceTimers.stop(sessionId)
    this.#expiryTimers.stop(sessionId)
    const active = this.#active.get(sessionId)
    active?.emit({ type: 'superseded' })
    await active?.close().catch(() => {})
    this.#active.delete(sessionId)
    this.#anchors.forget(sessionId)
    const reason = new VigiaError('aborted', 'the session was erased')
    await this.#finishing.cancel(sessionId, reason)
    this.#interactive.delete(sessionId)
    await this.#options.store.sessions.erase(sessionId)
    for (const listener of this.#onErased) listener(sessionId)
  }

  onErased(listener: (sessionId: string) => void): () => void {
    this.#onErased.add(listener)
    return () => this.#onErased.delete(listener)
  }

  async locate(sessionId: string, capturedAt: Date): Promise<number | null> {
    const active = this.#active.get(sessionId)
    const record = active ? null : await this.#options.store.sessions.get(sessionId)
    if (!active && !record) return null
    const lastMs = active ? active.receivedMs : record!.durationMs
    // a photo that comes as it is taken lies where the stream is now, whatever pace the stream has
    if (active && Math.abs(this.#options.clock.wallMs() - capturedAt.getTime()) < 2000) return lastMs
    return await this.#anchors.locate(sessionId, capturedAt.getTime(), lastMs)
  }

  drain(): void {
    this.#draining = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#draining = true
    this.#stopWatching()
    this.#expiryTimers.stopAll()
    this.#graceTimers.stopAll()
    await this.#finishing[Symbol.asyncDispose]()
    await Promise.all([...this.#active.values()].map((session) => session.close().catch(() => {})))
  }
}
