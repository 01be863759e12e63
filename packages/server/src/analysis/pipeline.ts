import type { AnalysisInfo, Observation, Report, Segment, TranscriptItem } from '@vigia/protocol'
import { countsAsSaid, toErrorBody, VigiaError } from '@vigia/protocol'
import type { Llm } from '../engines/llm.ts'
import { type ExtractiveResult, extract, ruleLanguage } from './extractive.ts'
import { analyzeWithModel } from './model/analysis.ts'
import { memoryStages, type StageStore } from './model/stages.ts'
import { findParticipants, UNKNOWN_SPEAKER } from './people.ts'
import { splitClauses } from './text/clauses.ts'
import { tokenize } from './text/tokens.ts'
import { textsOf, validateReport } from './validate.ts'

/** A finished session → its report. Named stages, so that a language model can come in behind the extractive one. */

/** Something a reader of the report should know. */
export interface AnalysisWarning {
  code: string
  message: string
  count?: number
}

export interface AnalysisInput {
  sessionId: string
  /** BCP 47 tag or `auto`. */
  language: string
  /** ISO 8601: the day from which “mañana” counts. */
  startedAt: string
  /** IANA name. */
  timeZone: string
  /** All segments, the excluded ones too: those are counted and left out. */
  segments: readonly Segment[]
  frames: readonly Observation[]
  durationMs: number
  /** Engine names by port, for the reader. */
  engines?: Record<string, string>
  truncated?: boolean
  /** Names that users gave to speaker labels. */
  speakerNames?: Readonly<Record<string, string>>
  /** From the stages before: parts that could not be transcribed, and the like. */
  warnings?: readonly AnalysisWarning[]
  /** Counts the analyses of this session, from 1. */
  revision?: number
}

export interface AnalysisDeps {
  /** @param stage - one of {@link STAGES} */
  onProgress?: (stage: string, done: number, total: number) => void
  signal?: AbortSignal
  /** Without one the report is extractive. */
  llm?: Llm | null
  /** Keeps what the model answered, so that an interrupted analysis goes on where it was. */
  stages?: StageStore
  /** Told the extractive report before the model is asked. */
  onDraft?: (report: Report) => Promise<void> | void
  /** Longest time of the whole analysis, ms. */
  deadlineMs?: number
  /** Monotonic milliseconds. */
  now?: () => number
}

/** The stages, in order. */
export const STAGES = ['clean', 'speakers', 'extractive', 'validate'] as const
/** The stage of the language model counts its own steps. */
export const MODEL_STAGE = 'model'

/** Enough for three hours of talk on a small model without a graphics card; a server sets its own. */
const DEADLINE_MS = 60 * 60_000
/** Shorter sessions hold nothing that rules do not find. */
const MIN_WORDS = 20
const MIN_MS = 60_000

/**
 * Makes the report. The same input gives the same report.
 *
 * @throws VigiaError `analysis_failed` when a report breaks its own promises; the signal's reason when aborted
 */
export async function analyze(input: AnalysisInput, deps: AnalysisDeps = {}): Promise<Report> {
  const step = (stage: (typeof STAGES)[number]) => {
    deps.signal?.throwIfAborted()
    deps.onProgress?.(stage, STAGES.indexOf(stage), STAGES.length)
  }
  step('clean')
  const segments = input.segments.filter((segment) => countsAsSaid(segment) && segment.text.trim() !== '')
  const language = ruleLanguage(input.language, segments)
  step('speakers')
  const participants = findParticipants(segments, splitClauses(segments, language), input.speakerNames)
  step('extractive')
  const { timeZone, startedAt, frames } = input
  const result = await extract({ segments, participants, frames, language, startedAt, timeZone }, deps.signal)
  step('validate')
  const report = assemble(input, segments, participants, result, language)
  check(report)
  deps.onProgress?.('validate', STAGES.length, STAGES.length)
  return deps.llm && isWorthAsking(segments, input) ? withModel(input, segments, report, language, deps.llm, deps) : report
}

/** The relevance gate: a few words in a short session are no talk to extract from. */
function isWorthAsking(segments: readonly Segment[], { durationMs, frames }: AnalysisInput): boolean {
  const words = segments.reduce((sum, { text }) => sum + tokenize(text).length, 0)
  if (words === 0) return false
  return words > MIN_WORDS || durationMs >= MIN_MS || frames.length > 0
}

async function withModel(
  input: AnalysisInput,
  segments: readonly Segment[],
  draft: Report,
  language: 'es' | 'en',
  llm: Llm,
  deps: AnalysisDeps,
): Promise<Report> {
  await deps.onDraft?.(draft)
  const { signal = new AbortController().signal, now = () => performance.now(), deadlineMs = DEADLINE_MS, onProgress } = deps
  const until = now() + deadlineMs
  const overdue = new AbortController()
  const timer = setTimeout(
    () => overdue.abort(new VigiaError('engine_timeout', 'The time for the analysis is over.')),
    deadlineMs,
  )
  const { participants, frames } = draft
  const { startedAt, timeZone, durationMs } = input
  try {
    const result = await analyzeWithModel({ segments, participants, frames, language, startedAt, timeZone, durationMs }, draft, {
      llm: untilOverdue(llm, overdue.signal),
      stages: deps.stages ?? memoryStages(),
      signal,
      leftMs: () => until - now(),
      onProgress: (done, total) => onProgress?.(MODEL_STAGE, done, total),
    })
    return result ? assembleModel(draft, result, llm) : withWarning(draft, 'model_failed')
  } catch (error) {
    signal.throwIfAborted()
    return withWarning(draft, toErrorBody(error).code)
  } finally {
    clearTimeout(timer)
  }
}

/** A model that is still writing when the time is over is stopped, and what it gave before counts. */
function untilOverdue(llm: Llm, overdue: AbortSignal): Llm {
  const { id, model, capabilities } = llm
  return {
    id,
    model,
    capabilities,
    generate: (request, signal) => llm.generate(request, AbortSignal.any([signal, overdue])),
    countTokens: (text) => llm.countTokens(text),
    [Symbol.asyncDispose]: () => llm[Symbol.asyncDispose](),
  }
}

function withWarning(draft: Report, code: string): Report {
  const warning = { code, message: 'The language model failed; this report is extractive.' }
  return { ...draft, analysis: { ...draft.analysis, warnings: [...draft.analysis.warnings, warning] } }
}

/** The draft with the model's findings in place of the extractive ones; a report that breaks a promise is not given out. */
function assembleModel(draft: Report, result: NonNullable<Awaited<ReturnType<typeof analyzeWithModel>>>, llm: Llm): Report {
  const { warnings, dropped, title, chapters, findings, suggested_actions, ...own } = result
  const report: Report = {
    ...draft,
    ...own,
    findings,
    risks: textsOf(findings, 'risk'),
    decisions: textsOf(findings, 'decision'),
    open_questions: textsOf(findings, 'question'),
    ...(suggested_actions ? { suggested_actions } : {}),
    ...(title ? { title } : {}),
    ...(chapters ? { chapters } : {}),
    analysis: {
      ...draft.analysis,
      method: 'llm',
      engine: llm.id,
      model: llm.model,
      revision: draft.analysis.revision + 1,
      warnings: [...draft.analysis.warnings, ...warnings],
      dropped,
    },
  }
  check(report)
  return report
}

function assemble(
  input: AnalysisInput,
  segments: readonly Segment[],
  participants: Report['participants'],
  result: ExtractiveResult,
  language: 'es' | 'en',
): Report {
  const { summary, summary_points, title, action_items, findings } = result
  return {
    session_id: input.sessionId,
    language: input.language === 'auto' ? language : input.language,
    transcript: segments.map(toTranscriptItem),
    summary,
    action_items,
    risks: textsOf(findings, 'risk'),
    decisions: textsOf(findings, 'decision'),
    open_questions: textsOf(findings, 'question'),
    findings,
    summary_points,
    ...(title ? { title } : {}),
    participants,
    frames: [...input.frames],
    duration: input.durationMs / 1000,
    ...(input.truncated ? { truncated: true } : {}),
    ...(input.engines ? { engines: input.engines } : {}),
    analysis: analysisInfo(input, segments.length),
  }
}

function toTranscriptItem({ rev: _rev, ...segment }: Segment): TranscriptItem {
  return { ...segment, speaker: segment.speaker ?? UNKNOWN_SPEAKER }
}

function analysisInfo(input: AnalysisInput, counting: number): AnalysisInfo {
  const excluded = input.segments.filter((segment) => !countsAsSaid(segment))
  const reasons = Map.groupBy(excluded, (segment) => segment.excluded!)
  const warnings: AnalysisWarning[] = [
    ...(input.warnings ?? []),
    ...[...reasons].map(([reason, all]) => ({
      code: `excluded_${reason}`,
      message: 'Segments that do not count were left out.',
      count: all.length,
    })),
    ...(counting === 0 ? [{ code: 'no_words', message: 'No words were heard that count.' }] : []),
    ...(input.truncated ? [{ code: 'truncated', message: 'The session ended without its client saying so.' }] : []),
  ]
  return {
    method: 'extractive',
    engine: 'cues',
    revision: input.revision ?? 1,
    transcript_revision: input.segments.reduce((latest, { rev }) => Math.max(latest, rev), 0),
    warnings,
    dropped: {},
  }
}

/** A report that claims something without evidence never leaves. */
function check(report: Report): void {
  const problems = validateReport(report)
  if (problems.length === 0) return
  const codes = [...new Set(problems.map(({ code }) => code))].join(', ')
  throw new VigiaError(
    'analysis_failed',
    `Expected a report whose claims all have evidence, got ${problems.length} problems: ${codes}.`,
    {
      hint: 'This is a fault of Vigía. The transcript is complete; analyse the session again after an update.',
    },
  )
}
