import { randomUUID } from 'node:crypto'
import { type Consent, type EngineInfo, type Limits, type Tier, toErrorBody, VigiaError } from '@vigia/protocol'
import type { Asr } from '../engines/asr.ts'
import type { VoiceTeller } from '../engines/speakers/enrolment.ts'
import type { AudioDecoder } from '../media/decoder.ts'
import type { Clock } from '../std/clock.ts'
import { KeyedTimers } from '../std/keyed-timers.ts'
import type { NewSession, SessionRecord, Span, Store } from '../store/store.ts'
import type { ActiveSession } from './active-session.ts'
import { Admission } from './admission.ts'
import { Anchors } from './anchors.ts'
import type { AssistantEngines } from './answering/assistant-options.ts'
import type { AssistantDeps } from './answering/open-assistant.ts'
import type { EndpointingOptions } from './endpointing.ts'
import { EventLog } from './event-log.ts'
import { FINALIZE, type FinalEngines, Finalizer, type FinalizerDeps, found, TRANSCRIBE } from './finalizer.ts'
import { type JobHandler, JobRunner } from './job-runner.ts'
import { addOffRecord, excludeSpan } from './off-record.ts'
import { openActive, type Resumed } from './open-active.ts'
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
import { Subscribers } from './subscribers.ts'
import { issueToken, tokenMatches } from './tokens.ts'
import { uploadConfig } from './upload.ts'

/** All sessions of this server: opened, resumed, waiting for their client, finished, erased. */

export interface SessionEngines extends FinalEngines, AssistantEngines {
  liveAsr: Asr
  info(): Record<string, EngineInfo>
}

export interface SessionsOptions {
  store: Store
  clock: Clock
  /** Asked at each use: an engine that becomes available serves the next session. */
  engines: () => SessionEngines
  makeDecoder: (format: SessionRecord['format']) => Promise<AudioDecoder>
  analyze: FinalizerDeps['analyze']
  onReport?: FinalizerDeps['onReport']
  nameVoices?: FinalizerDeps['nameVoices']
  /** Mode `assistant`: tells an owner's enrolled voices from strangers; null where nobody is enrolled. */
  tellVoices?: (owner: string | null) => Promise<VoiceTeller | null>
  endpointing: EndpointingOptions
  limits: Limits
  maxSessions: number
  /** State of sessions whose client says nothing about consent. */
  consent?: Consent
  /** A session is finished when it has lasted this long. */
  maxMs?: number
  /** How many may be heard live; without it as many as there may be. */
  admission?: Admission
  /** Audio of all sessions that may wait for the disk; above it no new ones. */
  maxPendingBytes?: number
  graceMs: number
  timeZone: string
  /** Recordings finished in the background, transcripts that somebody waits for, and spans of one recording, at the same time. */
  parallel: { jobs: number; interactive?: number; spans: number }
  /** Mode `assistant`: what it has beside the engines. */
  assistant?: Partial<Omit<AssistantDeps, 'store' | 'clock' | 'engines' | 'timeZone'>>
  onJobError?: (sessionId: string, code: string) => void
  /** Told of each event of each session: for traces. */
  onEvent?: (sessionId: string, event: SessionEvent) => void
  /** For the metrics: what a new session got. */
  onAdmission?: (result: Tier | 'session_limit') => void
  /** For the metrics: `ok`, or the code of the error. */
  onResume?: (result: string) => void
}

/** Recordings may always be this long, however short live sessions are kept. */
const MIN_LONGEST_RECORDING_MS = 86_400_000

/** Transcripts that somebody waits for: two, so that a long recording does not hold up a short one. */
const INTERACTIVE_JOBS = 2
/** Live text further behind than this at the end of the stream is left to the second pass. */
const MAX_END_LAG_MS = 5000
/** A session that could not be finished, for want of room on the disk, is tried again after so long. */
const RETRY_END_MS = 60_000

/** Whether a session is heard while it lasts, if there is room. */
const wantsHearing = ({ results, mode }: SessionConfig): boolean => results !== 'end' || mode === 'assistant'

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
  /** New sessions that are not active yet, and whether each will be heard: they have their place already. */
  readonly #creating = new Map<string, boolean>()
  /** Until a session without its client is finished. */
  readonly #graceTimers: KeyedTimers
  /** Until a session has lasted as long as it may. */
  readonly #expiryTimers: KeyedTimers
  readonly #subscribers = new Subscribers()
  readonly #anchors: Anchors
  readonly #admission: Admission
  readonly #stopWatching: () => void
  readonly #onErased = new Set<(sessionId: string) => void>()
  readonly #runners: readonly JobRunner[]
  /** Sessions whose transcript somebody waits for. */
  readonly #interactive = new Set<string>()
  #draining = false

  constructor(options: SessionsOptions) {
    this.#options = options
    this.#graceTimers = new KeyedTimers(options.clock)
    this.#expiryTimers = new KeyedTimers(options.clock)
    this.#anchors = new Anchors(options.store, options.clock)
    this.#admission = options.admission ?? new Admission({ units: 1, fixed: options.maxSessions, max: options.maxSessions })
    this.#stopWatching = options.clock.setInterval(() => this.#watchLoad(), 1000)
    const finalizer = new Finalizer({
      ...options,
      maxRecordingMs: Math.max(options.maxMs ?? 0, MIN_LONGEST_RECORDING_MS),
      parallel: options.parallel.spans,
      publish: (sessionId, event) => {
        options.onEvent?.(sessionId, event)
        this.publish(sessionId, event)
      },
    })
    const lane = (kind: string, run: JobHandler['run'], parallel: number): JobRunner =>
      new JobRunner({
        jobs: options.store.jobs,
        clock: options.clock,
        handlers: { [kind]: { run, giveUp: (job, error) => finalizer.giveUp(job, error) } },
        parallel,
        onError: (job, code) => options.onJobError?.(job.sessionId, code),
      })
    const { jobs, interactive = INTERACTIVE_JOBS } = options.parallel
    const transcribe: JobHandler['run'] = async (job, signal) => {
      await finalizer.transcribe(job, signal)
      this.#kick()
    }
    this.#runners = [lane(FINALIZE, (job, signal) => finalizer.run(job, signal), jobs), lane(TRANSCRIBE, transcribe, interactive)]
  }

  /** Looks for work now. */
  #kick(): void {
    for (const runner of this.#runners) runner.kick()
  }

  async recover(): Promise<void> {
    for (const record of await this.#options.store.recover()) {
      if (record.config.keep === false) await this.#options.store.sessions.erase(record.id)
      else if (record.state !== 'ending') this.#startGrace(record.id, this.#graceLeft(record))
    }
    this.#kick()
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
    const taken = this.#active.size + this.#creating.size
    if (taken >= this.#options.maxSessions) {
      this.#options.onAdmission?.('session_limit')
      throw new VigiaError('session_limit', `${taken} sessions are live, which is this server's limit.`, {
        hint: 'Try again when one has ended.',
      })
    }
    const tier = this.#admission.tierFor(config.mode, this.#listening().length + this.#toBeHeard)
    this.#creating.set(id, tier !== 'record_only' && wantsHearing(config))
    try {
      return await this.#createAs(tier, id, config, owner, listener)
    } finally {
      this.#creating.delete(id)
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
    if (!tokenMatches(token, record.tokenHash) || (record.owner !== null && record.owner !== owner)) {
      throw new VigiaError('resume_denied', 'The resume_token is not the last one of this session.', {
        hint: 'Use the token of the last config_ack.',
      })
    }
    if (record.state === 'ending' || record.state === 'final') {
      throw new VigiaError('session_not_live', `Session "${id}" has ended (${record.state}).`, {
        hint: `Its report is at /sessions/${id}/report.`,
      })
    }
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
      onMeasured: (realTimeFactor) => this.#admission.measured(realTimeFactor),
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

  get #toBeHeard(): number {
    return [...this.#creating.values()].filter(Boolean).length
  }

  #listening(): ActiveSession[] {
    return [...this.#active.values()].filter((session) => session.listens)
  }

  #watchLoad(): void {
    this.#watchLag()
    this.#restoreVoices()
  }

  /** Text that will not catch up is left to the second pass, the newest sessions first. */
  #watchLag(): void {
    const listening = this.#listening()
    const loads = listening.map((session) => ({ lagMs: session.status().lagSeconds * 1000 }))
    const shed = this.#admission.observe(loads, this.#options.clock.now())
    for (const session of shed > 0 ? listening.slice(-shed) : []) {
      session.degrade('live text is too far behind; it is made from the recording at the end')
      void this.#options.store.sessions.update(session.id, { tier: 'record_only' }).catch(() => {})
    }
  }

  /** A session that may be heard with all it asks for gets it, also when it came in a busier moment. */
  #restoreVoices(): void {
    const listening = this.#listening()
    if (this.#admission.tierFor('assistant', listening.length - 1) !== 'full') return
    for (const session of listening.filter(({ tier }) => tier === 'no_voice')) {
      session.restoreVoice()
      void this.#options.store.sessions.update(session.id, { tier: 'full' }).catch(() => {})
    }
  }

  load(): SessionLoad {
    const { maxSessions, maxPendingBytes = Number.POSITIVE_INFINITY } = this.#options
    const pending = this.#active.values().next().value?.log.pendingBytes ?? 0
    const full = this.#active.size + this.#creating.size >= maxSessions ? 'sessions' : pending > maxPendingBytes ? 'disk' : null
    return {
      slots: this.#admission.limit,
      listening: this.#listening().length,
      live: this.#active.size,
      refusing: this.#draining ? 'draining' : full,
      retryAfterS: 5 + Math.floor(Math.random() * 10), // spread, so that those refused do not come back together
    }
  }

  async #finishTruncated(id: string): Promise<void> {
    const active = this.#active.get(id)
    if (active) await this.#end(active, true)
    else await this.#storeEnd(id, true)
    this.#kick()
  }

  async #end(session: ActiveSession, truncated: boolean): Promise<void> {
    this.#graceTimers.stop(session.id)
    this.#expiryTimers.stop(session.id)
    await session.log.flush()
    await this.#storeEnd(session.id, truncated)
    void this.#wrapUp(session).finally(() => this.#kick())
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
    this.#kick()
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
    await Promise.all(this.#runners.map((runner) => runner.cancel(sessionId, reason)))
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
    await Promise.all(this.#runners.map((runner) => runner[Symbol.asyncDispose]()))
    await Promise.all([...this.#active.values()].map((session) => session.close().catch(() => {})))
  }
}
