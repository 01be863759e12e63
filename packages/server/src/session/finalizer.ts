import { countsAsSaid, type EngineInfo, type Report, type Segment, VigiaError } from '@vigia/protocol'
import { keepCorrections } from '../analysis/corrections.ts'
import { documentStages } from '../analysis/model/document-stages.ts'
import type { AnalysisDeps, AnalysisInput } from '../analysis/pipeline.ts'
import { buildTranscript, type FinalUtterance, toWireSegment } from '../analysis/transcript.ts'
import type { Asr } from '../engines/asr.ts'
import type { Span } from '../engines/audio.ts'
import type { AudioRefused } from '../engines/audio-refused.ts'
import type { Diarizer, SpeakerTurn } from '../engines/diarizer.ts'
import type { Llm } from '../engines/llm.ts'
import type { Vad } from '../engines/vad.ts'
import type { AudioDecoder } from '../media/decoder.ts'
import type { Clock } from '../std/clock.ts'
import type { Job, SessionRecord, Store, StoredSegment } from '../store/store.ts'
import { carryMarks } from './carry-marks.ts'
import { carryNames } from './carry-names.ts'
import type { EndpointingOptions } from './endpointing.ts'
import type { JobHandler } from './job-runner.ts'
import { modelRetryMs } from './model-retry.ts'
import { eraseOffRecord } from './off-record.ts'
import { openRecording, type RecordingDamage, type WrittenRecording, writeRecording } from './recording.ts'
import { errorCode, transcribeSpans } from './second-pass.ts'
import type { SessionEvent } from './service.ts'
import { settledPhotos } from './settled-photos.ts'
import { scanSpeech } from './speech-scan.ts'

/**
 * Finishes a session: stored stream → recording → second pass → speakers → transcript → report. Every step can be
 * repeated; what it makes replaces what an earlier try made.
 */

/** Progress within a stage is told at this pace. */
const PROGRESS_EVERY_MS = 250

/** The engines of the second pass. */
export interface FinalEngines {
  vad: Vad
  finalAsr: Asr
  diarizer: Diarizer | null
  /** Without one reports are extractive. */
  llm: Llm | null
  names(): Record<string, string>
  /** By port, with those that were chosen and are not here. */
  info(): Record<string, EngineInfo>
}

export interface FinalizerDeps {
  store: Store
  engines: () => FinalEngines
  makeDecoder: (format: SessionRecord['format']) => Promise<AudioDecoder>
  endpointing: EndpointingOptions
  /** Spans transcribed at the same time. */
  parallel: number
  analyze: (
    input: AnalysisInput,
    signal: AbortSignal,
    onProgress: (stage: string, done: number, total: number) => void,
    model: Pick<AnalysisDeps, 'llm' | 'stages' | 'onDraft'>,
  ) => Promise<Report>
  /** Told, before the job is done, that a report is stored; at least once. */
  onReport?: (sessionId: string, report: Report) => Promise<void>
  /** Names of known voices by speaker label. */
  nameVoices?: (session: SessionRecord, signal: AbortSignal) => Promise<Record<string, string>>
  publish: (sessionId: string, event: SessionEvent) => void
  timeZone: string
  clock: Clock
  /** First pause before a model that failed, or was not there, is asked again; 0: never. */
  modelRetryMs?: number
  /** Longest recording; what lies behind it is stored and not transcribed. */
  maxRecordingMs?: number
}

/** Something a reader of the report should know. */
interface Warning {
  code: string
  message: string
  count?: number
}

interface Transcript {
  segments: StoredSegment[]
  durationMs: number
  warnings: Warning[]
}

export class Finalizer implements JobHandler {
  readonly #deps: FinalizerDeps
  readonly #told = new Map<string, { stage: string; atMs: number }>()

  constructor(deps: FinalizerDeps) {
    this.#deps = deps
  }

  async run(job: Job, signal: AbortSignal): Promise<void> {
    const session = await this.#withoutOffRecord(job.sessionId, signal)
    if (!session) return
    const reuse = job.payload.reuseTranscript === true
    const made = Number(job.payload.transcribedBy ?? job.id)
    const transcript = reuse ? await this.#stored(session) : await this.#transcribeOnce(session, made, signal)
    if (made === job.id) await this.#publishTranscript(session, transcript)
    if (session.config.analyze !== false) {
      const report = await this.#report(session, transcript, signal)
      await this.#askAgainLater(job, report)
    }
    await this.#close(session.id)
  }

  /** The transcript alone: who waits for it is not kept by the analyses of others, nor by its own. */
  async transcribe(job: Job, signal: AbortSignal): Promise<void> {
    const session = await this.#withoutOffRecord(job.sessionId, signal)
    if (!session) return
    await this.#publishTranscript(session, await this.#transcribeOnce(session, job.id, signal))
    if (session.config.analyze === false) await this.#close(session.id)
    else await this.#deps.store.jobs.add(FINALIZE, session.id, { transcribedBy: job.id })
  }

  /** The session, less what was taken off the record; null when it is gone. */
  async #withoutOffRecord(sessionId: string, signal: AbortSignal): Promise<SessionRecord | null> {
    const { sessions } = this.#deps.store
    const session = await sessions.get(sessionId)
    if (!session || !(await eraseOffRecord(this.#deps.store, session, () => this.#record(session, signal)))) return session
    const left = await sessions.get(sessionId)
    if (left && left.receivedBytes > 0) await this.#record(left, signal)
    return left
  }

  /** After the last try: the report rests on the live text, and says so. */
  async giveUp(job: Job, error: unknown): Promise<void> {
    const session = await this.#deps.store.sessions.get(job.sessionId)
    if (!session) return
    const transcript = await this.#stored(session)
    transcript.warnings.push({
      code: errorCode(error),
      message: 'The second pass over the recording failed; this rests on the live text.',
    })
    await this.#publishTranscript(session, transcript)
    this.#deps.publish(session.id, { type: 'error', error })
    if (session.config.analyze !== false) await this.#report(session, transcript, new AbortController().signal)
    await this.#close(session.id)
  }

  async #close(sessionId: string): Promise<void> {
    await this.#deps.store.sessions.update(sessionId, { state: 'final' })
    this.#told.delete(sessionId)
    this.#deps.publish(sessionId, { type: 'closed' })
  }

  async #stored(session: SessionRecord): Promise<Transcript> {
    const segments = await this.#deps.store.segments.list(session.id)
    return { segments, durationMs: session.durationMs, warnings: [] }
  }

  /** A job that was interrupted after the transcript goes on behind it. */
  async #transcribeOnce(session: SessionRecord, job: number, signal: AbortSignal): Promise<Transcript> {
    const { documents } = this.#deps.store
    const known = await documents.get<{ job: number; durationMs: number; warnings: Warning[] }>(session.id, TRANSCRIBED)
    if (known?.job === job) return { ...(await this.#stored(session)), durationMs: known.durationMs, warnings: known.warnings }
    const transcript = await this.#transcribe(session, signal)
    const { durationMs, warnings } = transcript
    await documents.put(session.id, TRANSCRIBED, { job, durationMs, warnings })
    return transcript
  }

  async #transcribe(session: SessionRecord, signal: AbortSignal): Promise<Transcript> {
    const { store, engines, endpointing, parallel } = this.#deps
    const { vad, finalAsr, diarizer } = engines()
    const progress = (stage: string) => (done: number, total: number) => this.#progress(session.id, stage, done, total)
    const { durationMs, damage } = await this.#record(session, signal)
    await using recording = await openRecording(store.files, store.audio.pcmPath(session.id))

    const scanning = progress('speech')
    const refused: AudioRefused[] = []
    const onScanned = (doneMs: number): void => scanning(doneMs / 1000, durationMs / 1000)
    const spans = await scanSpeech(recording, vad, endpointing, signal, onScanned, (error) => refused.push(error))
    const recognizing = progress('transcript')
    const options = {
      language: session.language,
      hotwords: session.config.hotwords as string[] | undefined,
      purpose: 'final' as const,
    }
    const results = await transcribeSpans(recording, spans, finalAsr, options, parallel, signal, (done) =>
      recognizing(done, spans.length),
    )
    const failed = results.filter((result) => result.error !== undefined)
    if (failed.length > 0 && failed.length === results.length) throw failed[0]!.error
    for (const result of failed)
      this.#deps.publish(session.id, { type: 'error', error: result.error, item: `${result.span.startMs} ms` })

    const utterances = results.flatMap((result) => result.utterances)
    const warnings = [
      ...damageWarnings(damage),
      ...refusedWarnings(refused),
      ...failureWarnings(failed.map((result) => result.error)),
    ]
    const turns = await this.#diarize(session, diarizer, recording, spans, utterances, signal, warnings)
    const made = buildTranscript(utterances, turns).map(
      (segment): StoredSegment => ({ ...toWireSegment(segment, 1), pass: 'final' }),
    )
    const segments = carryMarks(await store.segments.list(session.id), made)
    await this.#carryNames(session.id, segments)
    await store.segments.replaceFinal(session.id, segments)
    await store.sessions.update(session.id, { durationMs })
    await this.#nameVoices(session, signal, warnings)
    return { segments, durationMs, warnings }
  }

  /** People may have named the live labels, or those of an earlier pass. */
  async #carryNames(sessionId: string, segments: readonly StoredSegment[]): Promise<void> {
    const { sessions, segments: stored } = this.#deps.store
    const names = (await sessions.get(sessionId))?.speakerNames ?? {}
    if (Object.keys(names).length === 0) return
    await sessions.update(sessionId, { speakerNames: carryNames(names, await stored.list(sessionId), segments) })
  }

  /** What people called a speaker stays. */
  async #nameVoices(session: SessionRecord, signal: AbortSignal, warnings: Warning[]): Promise<void> {
    const { store, nameVoices } = this.#deps
    if (!nameVoices || session.config.diarize === false) return
    try {
      const found = await nameVoices(session, signal)
      if (Object.keys(found).length === 0) return
      const given = (await store.sessions.get(session.id))?.speakerNames ?? {}
      await store.sessions.update(session.id, { speakerNames: { ...found, ...given } })
    } catch (error) {
      signal.throwIfAborted()
      warnings.push({ code: errorCode(error), message: 'Known voices could not be looked for.' })
    }
  }

  async #record(session: SessionRecord, signal: AbortSignal): Promise<WrittenRecording> {
    const { store, makeDecoder, maxRecordingMs } = this.#deps
    const file = store.audio.pcmPath(session.id)
    const known = await store.documents.get<WrittenRecording>(session.id, 'recording')
    if (known && (await store.files.size(file)) !== null) return known
    const decoder = await makeDecoder(session.format)
    try {
      const onBytes = (bytes: number): void => this.#progress(session.id, 'recording', bytes, session.receivedBytes)
      const target = { files: store.files, path: file }
      const written = await writeRecording(target, store.audio.read(session.id), decoder, signal, onBytes, maxRecordingMs)
      await store.documents.put(session.id, 'recording', written)
      return written
    } finally {
      decoder.free()
    }
  }

  async #diarize(
    session: SessionRecord,
    diarizer: Diarizer | null,
    recording: Awaited<ReturnType<typeof openRecording>>,
    speech: Span[],
    utterances: FinalUtterance[],
    signal: AbortSignal,
    warnings: Warning[],
  ): Promise<SpeakerTurn[]> {
    const reliable = utterances.filter((utterance) => utterance.text.trim() !== '')
    if (!diarizer || session.config.diarize === false || reliable.length === 0) return []
    let refused = 0
    const onRefused = (): void => {
      refused += 1
    }
    const speakers = session.config.speakers as number | undefined
    try {
      const request = { recording, speech, utterances: reliable, speakers, onRefused }
      return await diarizer.diarize(request, signal, (done) => this.#progress(session.id, 'speakers', done, 1))
    } catch (error) {
      signal.throwIfAborted()
      warnings.push({ code: errorCode(error), message: 'Speakers could not be told apart.' })
      this.#deps.publish(session.id, { type: 'error', error, item: 'speakers' })
      return []
    } finally {
      if (refused > 0)
        warnings.push({ code: 'diarization_failed', message: 'Voices in parts of the audio were not compared.', count: refused })
    }
  }

  async #publishTranscript(session: SessionRecord, transcript: Transcript): Promise<void> {
    const segments = transcript.segments.map(({ pass: _pass, ...segment }): Segment => segment)
    const counting = segments.filter(countsAsSaid)
    this.#deps.publish(session.id, {
      type: 'final',
      text: counting.map((segment) => segment.text).join(' '),
      durationMs: transcript.durationMs,
      segments,
      truncated: session.truncated,
    })
  }

  /** A model that comes back makes the report that it owes. Stages that it finished are kept. */
  async #askAgainLater({ sessionId, payload }: Job, { analysis }: Report): Promise<void> {
    const { store, engines, modelRetryMs: firstMs = 0 } = this.#deps
    const tried = Number(payload.modelTries ?? 0)
    const isAway = engines().info().llm?.available === false
    const pauseMs = modelRetryMs({ warnings: analysis.warnings, isAway, tried, firstMs })
    if (pauseMs !== null) await store.jobs.add(FINALIZE, sessionId, { reuseTranscript: true, modelTries: tried + 1 }, pauseMs)
  }

  async #report(session: SessionRecord, transcript: Transcript, signal: AbortSignal): Promise<Report> {
    const { store, engines, timeZone, clock } = this.#deps
    const previous = await store.reports.get(session.id)
    const looking = (done: number, total: number): void => this.#progress(session.id, 'photos', done, total)
    const frames = await settledPhotos(store, clock, session.id, signal, looking)
    const input: AnalysisInput = {
      sessionId: session.id,
      language: session.language,
      startedAt: session.createdAt,
      timeZone,
      segments: transcript.segments.map(({ pass: _pass, ...segment }) => segment),
      frames: frames.flatMap((frame) => (frame.observation ? [frame.observation] : [])),
      durationMs: transcript.durationMs,
      engines: engines().names(),
      truncated: session.truncated,
      speakerNames: (await store.sessions.get(session.id))?.speakerNames ?? session.speakerNames,
      warnings: transcript.warnings,
      revision: (previous?.analysis.revision ?? 0) + 1,
    }
    const progress = (stage: string, done: number, total: number) => this.#progress(session.id, stage, done, total)
    const made = await this.#deps.analyze(input, signal, progress, {
      llm: engines().llm,
      stages: documentStages(store.documents, session.id),
      onDraft: async (draft) => void (await this.#store(session, draft)),
    })
    const stored = await this.#store(session, made)
    await this.#deps.onReport?.(session.id, stored)
    return stored
  }

  /** With what people corrected, as it is at this moment. */
  async #store(session: SessionRecord, made: Report): Promise<Report> {
    const { store, publish } = this.#deps
    const { consent } = (await store.sessions.get(session.id)) ?? session
    const report = { ...keepCorrections(await store.reports.get(session.id), made), consent }
    await store.reports.put(session.id, report)
    if (report.title) await store.sessions.update(session.id, { title: session.title ?? report.title })
    publish(session.id, { type: 'report', report })
    return report
  }

  /** Each stage's first and last step, and between them at most four a second. */
  #progress(sessionId: string, stage: string, done: number, total: number): void {
    const nowMs = this.#deps.clock.now()
    const told = this.#told.get(sessionId)
    if (told?.stage === stage && done < total && nowMs - told.atMs < PROGRESS_EVERY_MS) return
    this.#told.set(sessionId, { stage, atMs: nowMs })
    this.#deps.publish(sessionId, { type: 'progress', stage, done, total })
  }
}

const damageWarnings = (damage: readonly RecordingDamage[]): Warning[] =>
  damage.length === 0
    ? []
    : [{ code: 'invalid_audio', message: 'Parts of the audio were damaged and could not be decoded.', count: damage.length }]

const refusedWarnings = (refused: readonly AudioRefused[]): Warning[] =>
  refused.length === 0
    ? []
    : [{ code: 'vad_failed', message: 'Parts of the audio were taken for speech unheard.', count: refused.length }]

function failureWarnings(errors: readonly unknown[]): Warning[] {
  const counts = Map.groupBy(errors.map(errorCode), (code) => code)
  return [...counts].map(([code, all]) => ({
    code,
    message: 'Parts of the recording could not be transcribed.',
    count: all.length,
  }))
}

const TRANSCRIBED = 'transcribed'

/** What a session without its end job would lack; kept here so that both ends name the job the same way. */
export const FINALIZE = 'finalize'
/** The transcript of a recording that somebody waits for; its report is made by {@link FINALIZE}, in the background. */
export const TRANSCRIBE = 'transcribe'
export const FINISHING_JOBS = [FINALIZE, TRANSCRIBE]

/** Guards a session id that came from outside. @throws VigiaError `session_not_found` */
export function found(session: SessionRecord | null, id: string): SessionRecord {
  if (!session)
    throw new VigiaError('session_not_found', `There is no session "${id}".`, { hint: 'GET /sessions lists those that exist.' })
  return session
}
