import { randomUUID } from 'node:crypto'
import { type Observation, VigiaError } from '@vigia/protocol'
import type { PhotoKind, PreparedPhoto } from '../engines/photo-processor.ts'
import { systemClock } from '../std/clock.ts'
import type { Alert } from './alerts.ts'
import { captureTime } from './capture-time.ts'
import { Describer } from './describer.ts'
import { type FrameWork, measuresOf, pictureNames, storedFrame } from './frame-work.ts'
import { inspectPhoto, PHOTO_LIMITS } from './inspect-photo.ts'
import { describedObservation, draftOf, failedObservation, pendingObservation } from './observation.ts'
import { readPending } from './recover.ts'
import { MAX_BURST, type PhotoSubmission, type SubmittedPhoto, type VisionService, type VisionServiceOptions } from './service.ts'
import { SessionMemories } from './session-memory.ts'
import { unusableDraft } from './unusable.ts'

/** Photos without a session that may wait per client. */
const LOOSE_DEPTH = 8

/** Photos of the last run that are described at the start. */
const MAX_RECOVERED = 32

const DEFAULTS = { maxWaiting: 64, maxPreparing: 16, deadlineMs: 120_000, feedsModels: () => false }

/** See {@link VisionService}. The engine and the photo processor are the caller's to dispose. */
export function createVisionService(given: VisionServiceOptions): VisionService {
  return new FrameRoom({ ...DEFAULTS, clock: systemClock, newFrameId: () => `f_${randomUUID()}`, limits: PHOTO_LIMITS, ...given })
}

type Listeners = 'beforeSettled' | 'onObservation' | 'onAlert'
type Settled = Required<Omit<VisionServiceOptions, Listeners>> & Pick<VisionServiceOptions, Listeners>

class FrameRoom implements VisionService {
  readonly #options: Settled
  readonly #describer: Describer
  readonly #memories = new SessionMemories<Observation>()
  readonly #settling = new Set<Promise<unknown>>()
  #preparing = 0

  constructor(options: Settled) {
    this.#options = options
    this.#describer = new Describer(options)
  }

  get engine() {
    const { id, model, method } = this.#options.vision
    return { id, model, method }
  }

  get load() {
    return { preparing: this.#preparing, waiting: this.#describer.waiting }
  }

  forget(sessionId: string): void {
    this.#memories.forget(sessionId)
  }

  async submit(submission: PhotoSubmission): Promise<SubmittedPhoto> {
    const bursts = submission.bytes instanceof Uint8Array ? [submission.bytes] : submission.bytes
    const headers = this.#inspect(bursts)
    const session = await this.#session(submission)
    const startedMs = this.#options.clock.wallMs()
    const encode = this.#options.vision.method === 'model' || this.#options.feedsModels()
    const photos = await this.#prepare(bursts.map((bytes, i) => ({ bytes, kind: { ...headers[i]!, encode } })))
    const decodedMs = this.#options.clock.wallMs() - startedMs
    const work = await this.#place(submission, photos, session?.language ?? 'es', {
      received: Math.max(0, startedMs - submission.arrivedAt),
      decoded: decodedMs,
      total: Math.max(0, this.#options.clock.wallMs() - submission.arrivedAt),
    })
    if (headers.some((header) => header.animated))
      work.pending.uncertain.push('De la imagen animada solo se vio el primer fotograma.')
    await this.#options.store.frames.put(storedFrame(work), work.photo.view, pictureNames(work))
    const observation = this.#describe(work)
    this.#track(observation)
    return { frameId: work.pending.frame_id, pending: work.pending, observation }
  }

  async recover(): Promise<number> {
    const works = await readPending(this.#options.store, MAX_RECOVERED)
    for (const work of works) this.#track(this.#describe(work))
    return works.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#describer[Symbol.asyncDispose]()
    await Promise.allSettled(this.#settling)
  }

  #inspect(photos: readonly Uint8Array[]) {
    if (photos.length === 0 || photos.length > MAX_BURST) {
      throw new VigiaError('invalid_request', `Expected 1 to ${MAX_BURST} photos, got ${photos.length}.`)
    }
    return photos.map((bytes) => inspectPhoto(bytes, this.#options.limits))
  }

  async #session({ sessionId, owner }: PhotoSubmission) {
    if (sessionId === null) return null
    const session = await this.#options.store.sessions.get(sessionId)
    if (!session || (owner !== null && session.owner !== owner)) {
      throw new VigiaError('session_not_found', `There is no session "${sessionId}".`, {
        hint: 'Open it first on /ws/audio, or send the photo without session_id.',
      })
    }
    return session
  }

  /** Decodes the pictures; the sharpest comes first. */
  async #prepare(pictures: { bytes: Uint8Array; kind: PhotoKind }[]): Promise<PreparedPhoto[]> {
    if (this.#preparing + pictures.length > this.#options.maxPreparing) {
      throw new VigiaError('rate_limited', `Too many photos are being decoded (${this.#preparing}).`, {
        hint: 'The photo was not stored; send it again in a second.',
      })
    }
    this.#preparing += pictures.length
    try {
      const signal = new AbortController().signal
      const prepared = await Promise.all(pictures.map(({ bytes, kind }) => this.#options.photos.prepare(bytes, kind, signal)))
      return prepared.sort((a, b) => b.sharpness - a.sharpness)
    } finally {
      this.#preparing -= pictures.length
    }
  }

  async #place(
    submission: PhotoSubmission,
    photos: PreparedPhoto[],
    sessionLanguage: string,
    timings: Observation['timings'],
  ): Promise<FrameWork> {
    const [photo] = photos as [PreparedPhoto]
    const { sessionId } = submission
    const captured = captureTime({
      exifTime: photo.exifTime,
      clientTime: submission.timestamp,
      arrivedMs: submission.arrivedAt,
    })
    const atMs = sessionId === null ? null : await this.#options.locate(sessionId, captured.at)
    const frameId = this.#options.newFrameId()
    const language = submission.language ?? (sessionLanguage === 'auto' ? 'es' : sessionLanguage)
    const facts = { frameId, sessionId, captured, atMs, photo, engine: this.#options.vision, language, prompt: submission.prompt }
    const pending = pendingObservation(facts, timings)
    return { submission, language, images: photos.map(({ view }) => view), photo, pending, capturedMs: captured.at.getTime() }
  }

  async #describe(work: FrameWork): Promise<Observation> {
    try {
      const done = await this.#look(work)
      const alerts = this.#alertsOf(done)
      await this.#settle(done, alerts)
      this.#remember(work, done)
      for (const alert of alerts) this.#options.onAlert?.(work.pending.session_id!, alert)
      return done
    } catch (error) {
      throw await this.#fail(work, error)
    }
  }

  /** Reuses, refuses, or asks the engine. */
  async #look(work: FrameWork): Promise<Observation> {
    const { submission, pending, photo } = work
    if (!submission.prompt) {
      const twin = this.#twinOf(work)
      if (twin) return this.#reuse(work, twin)
      const { usable, problem } = pending.quality
      if (!usable && problem) return describedObservation(pending, unusableDraft(problem, work.language), this.#timings(work, {}))
    }
    const group = pending.session_id === null ? `loose:${submission.owner ?? ''}` : `session:${pending.session_id}`
    const { draft, queuedMs, modelMs } = await this.#describer.describe(group, pending.session_id === null ? LOOSE_DEPTH : 1, {
      images: work.images,
      language: work.language,
      measured: measuresOf(photo),
      ...(submission.prompt ? { prompt: submission.prompt } : {}),
    })
    return describedObservation(pending, draft, this.#timings(work, { queued: queuedMs, model: modelMs }))
  }

  #twinOf({ pending, photo, capturedMs }: FrameWork): Observation | null {
    if (pending.session_id === null || !pending.quality.usable) return null
    return this.#memories.of(pending.session_id).recent.findDuplicate(photo.dhash, capturedMs)
  }

  #reuse(work: FrameWork, twin: Observation): Observation {
    const done = describedObservation(work.pending, draftOf(twin), this.#timings(work, {}))
    return { ...done, engine: twin.engine, quality: { ...done.quality, duplicate_of: twin.frame_id } }
  }

  #alertsOf(done: Observation): Alert[] {
    if (done.session_id === null) return []
    return this.#memories.of(done.session_id).alerts.alertsOf(done, this.#options.clock.wallMs())
  }

  /** Stores an observation and tells of it. */
  async #settle(observation: Observation, alerts: readonly Alert[]): Promise<void> {
    await this.#options.beforeSettled?.(observation, alerts)
    await this.#options.store.frames.update(observation.frame_id, { observation })
    this.#options.onObservation?.(observation)
  }

  /** An answer to a question does not describe the photo, and a copy adds nothing. */
  #remember({ submission, pending, photo, capturedMs }: FrameWork, done: Observation): void {
    if (done.session_id === null || submission.prompt || !pending.quality.usable || done.quality.duplicate_of) return
    this.#memories.of(done.session_id).recent.add(photo.dhash, capturedMs, done)
  }

  /** Notes the failure on the frame, best effort, and gives the error to pass on. */
  async #fail(work: FrameWork, cause: unknown): Promise<VigiaError> {
    const error = VigiaError.is(cause)
      ? cause
      : new VigiaError('vision_failed', 'The photo is stored; the vision engine failed to describe it (stage: model).', { cause })
    // Described at the next start.
    if (error.code === 'aborted') return error
    const failed = failedObservation(work.pending, error, work.language, this.#timings(work, {}))
    try {
      await this.#settle(failed, [])
    } catch (storeError) {
      return VigiaError.is(storeError)
        ? storeError
        : new VigiaError('storage_failed', 'The observation could not be stored.', { cause: storeError })
    }
    return error
  }

  #timings({ submission, pending }: FrameWork, stages: { queued?: number; model?: number }): Observation['timings'] {
    return { ...pending.timings, ...stages, total: Math.max(0, this.#options.clock.wallMs() - submission.arrivedAt) }
  }

  #track(observation: Promise<Observation>): void {
    const settled = observation.then(
      () => {},
      () => {}, // reported to the listener and to whoever awaits it
    )
    this.#settling.add(settled)
    void settled.finally(() => this.#settling.delete(settled))
  }
}
