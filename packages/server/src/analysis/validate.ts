import { type ActionItem, type Finding, Report } from '@vigia/protocol'
import { fold } from './text/fold.ts'
import { tokenize } from './text/tokens.ts'

/** Checks that a report keeps its promises: each claim has evidence that exists, each quote was said. Pure. */

export type ProblemCode =
  | 'schema'
  | 'unknown_evidence'
  | 'no_evidence'
  | 'quote_not_said'
  | 'lists_differ'
  | 'duplicate_id'
  | 'summary_unproven'

export interface Problem {
  code: ProblemCode
  /** Where in the report, never what was said. */
  path: string
}

/** What a consumer reads as `risks`, `decisions`, `open_questions`: findings that still stand. */
export function textsOf(findings: readonly Finding[], kind: Finding['kind']): string[] {
  return findings.filter((finding) => finding.kind === kind && (finding.status ?? 'open') === 'open').map(({ text }) => text)
}

/** All problems of a report; none for a good one. */
export function validateReport(report: Report): Problem[] {
  const parsed = Report.safeParse(report)
  if (!parsed.success) return parsed.error.issues.map(({ path }) => ({ code: 'schema', path: path.join('.') }))
  return [
    ...evidenceProblems(report),
    ...quoteProblems(report),
    ...listProblems(report),
    ...idProblems(report),
    ...summaryProblems(report),
  ]
}

function claims(report: Report): { path: string; item: ActionItem | Finding }[] {
  return [
    ...report.action_items.map((item, i) => ({ path: `action_items.${i}`, item })),
    ...(report.suggested_actions ?? []).map((item, i) => ({ path: `suggested_actions.${i}`, item })),
    ...report.findings.map((item, i) => ({ path: `findings.${i}`, item })),
  ]
}

function evidenceProblems(report: Report): Problem[] {
  const known = new Set([...report.transcript.map(({ id }) => id), ...report.frames.map(({ frame_id }) => frame_id)])
  const cited = [
    ...claims(report).map(({ path, item }) => ({ path, evidence: item.evidence })),
    ...report.summary_points.map(({ evidence }, i) => ({ path: `summary_points.${i}`, evidence })),
    ...(report.chapters ?? []).map(({ evidence }, i) => ({ path: `chapters.${i}`, evidence })),
    ...report.participants.flatMap(({ name_evidence }, i) =>
      name_evidence ? [{ path: `participants.${i}`, evidence: name_evidence }] : [],
    ),
  ]
  return cited.flatMap(({ path, evidence }): Problem[] => {
    if (evidence.length === 0) return [{ code: 'no_evidence', path }]
    return evidence.every((id) => known.has(id)) ? [] : [{ code: 'unknown_evidence', path }]
  })
}

/** A quote is words of one cited segment, in order. What was only shown, or written by a user, has none. */
function quoteProblems(report: Report): Problem[] {
  const texts = wordsById(report)
  return claims(report).flatMap(({ path, item }): Problem[] => {
    if (item.origin === 'user' || item.stale || ('source' in item && item.source === 'shown')) return []
    return isQuoted(item, texts) ? [] : [{ code: 'quote_not_said', path }]
  })
}

function isQuoted({ quote, evidence }: ActionItem | Finding, texts: ReadonlyMap<string, string>): boolean {
  const words = wordsOf(quote)
  return words !== '  ' && evidence.some((id) => texts.get(id)?.includes(words))
}

const wordsById = ({ transcript }: Pick<Report, 'transcript'>): Map<string, string> =>
  new Map(transcript.map(({ id, text }) => [id, wordsOf(text)]))

/** Whether the transcript holds the quote of a claim in a line that it cites. */
export function quoteCheck(report: Pick<Report, 'transcript'>): (claim: ActionItem | Finding) => boolean {
  const texts = wordsById(report)
  return (claim) => isQuoted(claim, texts)
}

function wordsOf(text: string): string {
  return ` ${tokenize(text)
    .map(({ text: word }) => fold(word))
    .join(' ')} `
}

function listProblems(report: Report): Problem[] {
  const lists = [
    ['risks', 'risk'],
    ['decisions', 'decision'],
    ['open_questions', 'question'],
  ] as const
  return lists
    .filter(([field, kind]) => JSON.stringify(report[field]) !== JSON.stringify(textsOf(report.findings, kind)))
    .map(([field]) => ({ code: 'lists_differ', path: field }))
}

function idProblems(report: Report): Problem[] {
  const { transcript, action_items, suggested_actions = [], findings: all } = report
  const lists = { transcript, action_items: [...action_items, ...suggested_actions], findings: all }
  const found = Object.entries(lists).filter(([, list]) => new Set(list.map(({ id }) => id)).size !== list.length)
  const ids = new Set(report.findings.map(({ id }) => id))
  const dangling = report.findings.some(({ supersedes }) => supersedes !== undefined && !ids.has(supersedes))
  return [
    ...found.map(([path]): Problem => ({ code: 'duplicate_id', path })),
    ...(dangling ? [{ code: 'unknown_evidence' as const, path: 'findings.supersedes' }] : []),
  ]
}

/** An extractive summary is its points; a session with words and no points says nothing that needs proof. */
function summaryProblems({ summary, summary_points, analysis }: Report): Problem[] {
  if (analysis.method !== 'extractive' || summary_points.length === 0) return []
  return summary === summary_points.map(({ text }) => text).join(' ') ? [] : [{ code: 'summary_unproven', path: 'summary' }]
}
