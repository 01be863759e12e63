import type { AnalysisInfo, Observation, Report, Segment, TranscriptItem } from '@vigia/protocol'
import { VigiaError } from '@vigia/protocol'
import { cuesFor, type ExtractiveResult, extract, ruleLanguage } from './extractive.ts'
import { findParticipants, UNKNOWN_SPEAKER } from './people.ts'
import { splitClauses } from './text/clauses.ts'
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
}

/** The stages, in order. */
export const STAGES = ['clean', 'speakers', 'extractive', 'validate'] as const

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
  const segments = input.segments.filter((segment) => !segment.excluded && segment.text.trim() !== '')
  const language = ruleLanguage(input.language, segments)
  step('speakers')
  const participants = findParticipants(segments, splitClauses(segments), cuesFor(language), input.speakerNames)
  step('extractive')
  const { timeZone, startedAt, frames } = input
  const result = await extract({ segments, participants, frames, language, startedAt, timeZone }, deps.signal)
  step('validate')
  const report = assemble(input, segments, participants, result, language)
  check(report)
  deps.onProgress?.('validate', STAGES.length, STAGES.length)
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
  const excluded = input.segments.filter((segment) => segment.excluded)
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
    transcript_revision: Math.max(0, ...input.segments.map(({ rev }) => rev)),
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
