import type { ActionItem, Finding, Report, SummaryPoint } from '@vigia/protocol'
import { contentStems } from './statements.ts'
import { findingPoint, isNamed, taskPoint } from './summary.ts'
import { tokenize } from './text/tokens.ts'

/** The summary follows the lists: what a person dismissed leaves it, what they take back returns to it. Pure. */

export type Claim = ActionItem | Finding

/** A sentence that rests only on a dismissed claim's lines and has this share of its words tells it. */
const TOLD = 0.5

const NOTHING_LEFT = {
  es: 'Todo lo que decía el resumen se ha descartado.',
  en: 'Everything that the summary told was dismissed.',
}

/** Which of our rule languages a report is written in. */
export const reportLanguage = ({ language }: Pick<Report, 'language'>): 'es' | 'en' => (/^en\b/iu.test(language) ? 'en' : 'es')

/** All that a report claims, suggestions included. */
export const claimsOf = ({ action_items, suggested_actions = [], findings }: Report): Claim[] => [
  ...action_items,
  ...suggested_actions,
  ...findings,
]

export const claimText = (claim: Claim): string => ('title' in claim ? claim.title : claim.text)

/** @param gone - claims dismissed in an earlier report, besides those of this one */
export function withoutDismissed(report: Report, gone: readonly Claim[] = []): Report {
  const claims = claimsOf(report)
  const dismissed = [...claims, ...gone].filter(({ status }) => status === 'dismissed')
  const standing = new Set(claims.filter(({ status }) => status !== 'dismissed').flatMap(({ evidence }) => evidence))
  const language = reportLanguage(report)
  const points = report.summary_points.filter((point) => !dismissed.some((claim) => tells(point, claim, standing, language)))
  return points.length === report.summary_points.length ? report : withPoints(report, points)
}

/** Tells a claim that was taken back, where the summary would have named it in the first place. */
export function withRestored(report: Report, claim: Claim): Report {
  const language = reportLanguage(report)
  const isTold = report.summary_points.some((point) => tells(point, claim, new Set(), language))
  if (isTold || !isNamed(claim, report)) return report
  const point = 'title' in claim ? taskPoint(claim, language) : findingPoint(claim, language)
  return withPoints(report, [...report.summary_points, point])
}

function tells({ text, evidence }: SummaryPoint, claim: Claim, standing: ReadonlySet<string>, language: 'es' | 'en'): boolean {
  const told = claimText(claim)
  if (text.toLowerCase().includes(told.toLowerCase())) return true
  if (!evidence.every((id) => claim.evidence.includes(id) && !standing.has(id))) return false
  const stems = contentStems(tokenize(told), language)
  return stems.size > 0 && stems.intersection(contentStems(tokenize(text), language)).size / stems.size >= TOLD
}

function withPoints(report: Report, points: SummaryPoint[]): Report {
  const summary = points.map(({ text }) => text).join(' ') || NOTHING_LEFT[reportLanguage(report)]
  return { ...report, summary, summary_points: points }
}
