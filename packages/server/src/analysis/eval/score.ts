import type { ActionItem, Finding, Report } from '@vigia/protocol'
import { isOtherLanguage, isThirdLanguage, withoutKeys } from '../model/checks.ts'
import { contentStems } from '../statements.ts'
import { jaccard } from '../text/stem.ts'
import { tokenize } from '../text/tokens.ts'
import { validateReport } from '../validate.ts'
import { assign } from './assign.ts'
import { frameIdOf, type GoldItem, type GoldSession, segmentIdOf, speakerOf } from './gold.ts'

/** How good a report is, against its gold session. Pure. Definitions: docs/analysis.md. */

export const KINDS = ['action', 'decision', 'risk', 'question'] as const
export type Kind = (typeof KINDS)[number]

/** A claim and a gold item match when they share evidence and at least this share of their stems. */
const SAME_MATTER = 0.3
/** A statement is supported when this share of its stems is in what it cites, or, of the summary, in the transcript. */
const SUPPORTED = 0.5

export interface Counts {
  found: number
  gold: number
  matched: number
}

export interface SessionScore {
  id: string
  valid: boolean
  items: Record<Kind, Counts>
  claims: number
  validEvidence: number
  supported: number
  violations: { why: string; kind: Kind }[]
  owners: { asked: number; right: number }
  dues: { asked: number; right: number }
  facts: { asked: number; told: number }
  sentences: { all: number; unsupported: number }
  /** Texts that people read: in the language of the session, without speaker letters or line numbers. */
  texts: { all: number; clean: number }
}

interface Claim {
  kind: Kind
  texts: string[]
  evidence: string[]
  item: ActionItem | Finding
}

export function scoreReport(gold: GoldSession, report: Report): SessionScore {
  const claims = claimsOf(report)
  const pairs = KINDS.map((kind) => [kind, matchKind(gold, claims, kind)] as const)
  const matched = pairs.flatMap(([, { matches }]) => matches)
  const problems = validateReport(report)
  const known = new Set([...report.transcript.map(({ id }) => id), ...report.frames.map(({ frame_id }) => frame_id)])
  return {
    id: gold.id,
    valid: problems.length === 0,
    items: Object.fromEntries(pairs.map(([kind, { counts }]) => [kind, counts])) as Record<Kind, Counts>,
    claims: claims.length,
    validEvidence: claims.filter(
      ({ evidence, item }) => evidence.length > 0 && evidence.every((id) => known.has(id)) && isQuoted(item, report),
    ).length,
    supported: claims.filter((claim) => isSupported(claim, report, gold.language)).length,
    violations: violationsOf(gold, claims),
    owners: ownersOf(matched, report),
    dues: duesOf(matched),
    facts: factsOf(gold, report),
    sentences: sentencesOf(gold, report),
    texts: textsOf(gold, report),
  }
}

function claimsOf(report: Report): Claim[] {
  const tasks = report.action_items
    .filter(({ status }) => status !== 'dismissed')
    .map(
      (item): Claim => ({
        kind: 'action',
        texts: [item.title, item.quote, `${item.title} ${item.quote}`],
        evidence: item.evidence,
        item,
      }),
    )
  const findings = report.findings
    .filter(({ status }) => (status ?? 'open') === 'open')
    .map((item): Claim => ({ kind: item.kind, texts: [item.text, item.quote], evidence: item.evidence, item }))
  return [...tasks, ...findings]
}

const stemsOf = (text: string, language: 'es' | 'en'): Set<string> => contentStems(tokenize(text), language)

function matchKind(
  gold: GoldSession,
  all: readonly Claim[],
  kind: Kind,
): { counts: Counts; matches: { gold: GoldItem; claim: Claim }[] } {
  const claims = all.filter((claim) => claim.kind === kind)
  const items = gold.items.filter((item) => item.kind === kind)
  const weights = items.map((item) => claims.map((claim) => matchWeight(item, claim, gold.language)))
  const pairs = assign(weights).flatMap((column, row) => (column === null ? [] : [{ gold: items[row]!, claim: claims[column]! }]))
  const free = pairs.filter((pair) => pair.gold.optional).length
  return {
    counts: { found: claims.length - free, gold: items.filter(({ optional }) => !optional).length, matched: pairs.length - free },
    matches: pairs,
  }
}

/** What must be found weighs more than what may be. */
function matchWeight(item: GoldItem, claim: Claim, language: 'es' | 'en'): number {
  const proof = new Set([...item.lines.map(segmentIdOf), ...(item.frame ? [frameIdOf(item.frame)] : [])])
  if (!claim.evidence.some((id) => proof.has(id))) return 0
  const wanted = stemsOf(item.text, language)
  const likeness = Math.max(...claim.texts.map((text) => jaccard(wanted, stemsOf(text, language))))
  return likeness >= SAME_MATTER ? likeness + (item.optional ? 0 : 1) : 0
}

/** A claim that rests on nothing but lines that must not count. */
function violationsOf(gold: GoldSession, claims: readonly Claim[]): SessionScore['violations'] {
  return gold.never.flatMap(({ lines, kind, why }) => {
    const bad = new Set(lines.map(segmentIdOf))
    return claims
      .filter((claim) => (kind === undefined || claim.kind === kind) && claim.evidence.every((id) => bad.has(id)))
      .map((claim) => ({ why, kind: claim.kind }))
  })
}

function isQuoted(item: ActionItem | Finding, report: Report): boolean {
  if ('source' in item && item.source === 'shown') return true
  const words = plain(item.quote)
  return words !== '' && report.transcript.some(({ id, text }) => item.evidence.includes(id) && plain(text).includes(words))
}

const plain = (text: string): string =>
  tokenize(text)
    .map((token) => token.plain)
    .join(' ')

function isSupported({ texts: [text = ''], evidence, item }: Claim, report: Report, language: 'es' | 'en'): boolean {
  if ('source' in item && item.source === 'shown') return true
  const at = new Set(report.transcript.flatMap(({ id }, i) => (evidence.includes(id) ? [i - 2, i - 1, i, i + 1] : [])))
  const said = stemsOf([...at].map((i) => report.transcript[i]?.text ?? '').join(' '), language)
  const claimed = stemsOf(text, language)
  return claimed.size === 0 || claimed.intersection(said).size / claimed.size >= SUPPORTED
}

function ownersOf(matches: readonly { gold: GoldItem; claim: Claim }[], report: Report): SessionScore['owners'] {
  const asked = matches.filter(({ gold }) => gold.kind === 'action' && gold.owner !== undefined)
  const right = asked.filter(({ gold, claim }) => {
    const owner = (claim.item as ActionItem).owner
    const speaker = owner?.speaker ?? report.participants.find(({ name }) => name !== undefined && name === owner?.name)?.speaker
    return speaker === speakerOf(gold.owner!)
  })
  return { asked: asked.length, right: right.length }
}

function duesOf(matches: readonly { gold: GoldItem; claim: Claim }[]): SessionScore['dues'] {
  const asked = matches.filter(({ gold }) => gold.due !== undefined)
  const right = asked.filter(({ gold, claim }) => {
    const { due } = claim.item as ActionItem
    if (!due?.iso) return false
    const days = Math.abs(Date.parse(due.iso) - Date.parse(gold.due!)) / 86_400_000
    return days <= (due.certainty === 'tentative' ? 1 : 0)
  })
  return { asked: asked.length, right: right.length }
}

function factsOf({ facts, language }: GoldSession, { summary, title = '' }: Report): SessionScore['facts'] {
  const told = stemsOf(`${title} ${summary}`, language)
  return { asked: facts.length, told: facts.filter((fact) => stemsOf(fact, language).isSubsetOf(told)).length }
}

function sentencesOf(gold: GoldSession, { summary }: Report): SessionScore['sentences'] {
  const said = stemsOf(
    [...gold.lines.map(({ text }) => text), ...gold.frames.map(({ what, where }) => `${what} ${where}`)].join(' '),
    gold.language,
  )
  const sentences = summary.split(/(?<=[.?!])\s+/u).filter((sentence) => stemsOf(sentence, gold.language).size > 0)
  const unsupported = sentences.filter((sentence) => {
    const stems = stemsOf(sentence.replace(LABEL, ''), gold.language)
    return stems.size > 0 && stems.intersection(said).size / stems.size < SUPPORTED
  })
  return { all: sentences.length, unsupported: unsupported.length }
}

function textsOf({ language }: GoldSession, report: Report): SessionScore['texts'] {
  const { title = '', summary_points, action_items, findings } = report
  const told = findings.flatMap(({ text, why = '' }) => [text, why])
  const shown = [title, ...summary_points.map(({ text }) => text), ...action_items.flatMap((item) => [item.title, ...item.steps])]
  const texts = [...shown, ...told].filter((text) => text !== '')
  const isClean = (text: string) =>
    plain(withoutKeys(text)) === plain(text) && !isOtherLanguage(text, language) && !isThirdLanguage(text)
  return { all: texts.length, clean: texts.filter(isClean).length }
}

/** Words of ours before a point of the extractive summary. */
const LABEL = /^(?:Se acordó|Tarea|Riesgo|Queda abierto|Se vio|Decided|Task|Risk|Open|Seen)(?: \([^)]*\))?: /u
