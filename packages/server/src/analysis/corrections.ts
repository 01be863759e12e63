import type { ActionItem, Finding, Report } from '@vigia/protocol'
import { contentStems } from './statements.ts'
import { jaccard } from './text/stem.ts'
import { tokenize } from './text/tokens.ts'
import { textsOf } from './validate.ts'

/**
 * What people changed in a report stays when it is made again: edited items win, ticked ones stay ticked, and what was
 * dismissed stays dismissed, in the list, so that it cannot come back. Pure.
 */

/** Items about the same lines, or of nearly the same words, are one. */
const SAME_NEAR = 0.3
const SAME_FAR = 0.6
/** Lines that lie closer than this are the same line of another transcript, seconds. */
const SAME_TIME_S = 3

/** @param previous - the report as it stands, with what people did to it */
export function keepCorrections(previous: Report | null, next: Report): Report {
  if (!previous) return next
  const place = placesIn(previous, next)
  const language = next.language.startsWith('en') ? 'en' : 'es'
  const tasks = keep(previous.action_items.filter(isTouched), next.action_items, place, language, ({ title }) => title)
  const findings = keep(previous.findings.filter(isTouched), next.findings, place, language, ({ text }) => text)
  const kept = { ...next, action_items: withIds(tasks, 'task'), findings: withIds(findings, null) }
  return {
    ...kept,
    risks: textsOf(kept.findings, 'risk'),
    decisions: textsOf(kept.findings, 'decision'),
    open_questions: textsOf(kept.findings, 'question'),
    ...withoutDismissed(kept, [...previous.action_items, ...previous.findings]),
  }
}

function isTouched({ status, origin }: ActionItem | Finding): boolean {
  return origin === 'user' || status === 'dismissed' || status === 'done'
}

type Claim = ActionItem | Finding

function keep<T extends Claim>(
  touched: readonly T[],
  made: readonly T[],
  place: (evidence: readonly string[]) => string[],
  language: 'es' | 'en',
  textOf: (item: T) => string,
): T[] {
  const rest = [...made]
  const stems = (item: T) => contentStems(tokenize(textOf(item)), language)
  const kept = touched.flatMap((item): T[] => {
    const evidence = place(item.evidence)
    const at = rest.findIndex((other) => isSame({ ...item, evidence }, other, stems(item), stems(other)))
    const twin = at < 0 ? undefined : rest.splice(at, 1)[0]
    if (item.origin !== 'user' && twin) return [{ ...twin, status: item.status }]
    const proof = evidence.length > 0 ? evidence : (twin?.evidence ?? [])
    // A claim whose lines are gone, and that nobody wrote, has nothing to rest on.
    return proof.length > 0 ? [{ ...item, evidence: proof, ...(evidence.length === 0 ? { stale: true } : {}) }] : []
  })
  return [...kept, ...rest]
}

function isSame(a: Claim, b: Claim, aStems: ReadonlySet<string>, bStems: ReadonlySet<string>): boolean {
  if ('kind' in a && 'kind' in b && a.kind !== b.kind) return false
  const likeness = jaccard(aStems, bStems)
  const sharesProof = a.evidence.some((id) => b.evidence.includes(id))
  return (sharesProof && (likeness >= SAME_NEAR || (a.quote !== '' && a.quote === b.quote))) || likeness >= SAME_FAR
}

/** Evidence of an earlier transcript in this one: the same id, else what was said at that time. */
function placesIn(previous: Report, next: Report): (evidence: readonly string[]) => string[] {
  const known = new Set([...next.transcript.map(({ id }) => id), ...next.frames.map(({ frame_id }) => frame_id)])
  const before = new Map(previous.transcript.map((item) => [item.id, item]))
  const nearest = (id: string): string[] => {
    if (known.has(id)) return [id]
    const old = before.get(id)
    if (!old) return []
    const near = next.transcript.filter(({ start, end }) => start <= old.end + SAME_TIME_S && end >= old.start - SAME_TIME_S)
    const middle = (old.start + old.end) / 2
    const [best] = near.sort((a, b) => Math.abs((a.start + a.end) / 2 - middle) - Math.abs((b.start + b.end) / 2 - middle))
    return best ? [best.id] : []
  }
  return (evidence) => [...new Set(evidence.flatMap(nearest))]
}

/** Ids stay with what people touched; the rest takes free ones. */
function withIds<T extends Claim>(items: readonly T[], prefix: string | null): T[] {
  const used = new Set(items.filter(isTouched).map(({ id }) => id))
  const renamed = new Map<string, string>()
  const result = items.map((item) => {
    if (isTouched(item)) return item
    const base = prefix ?? (item as Finding).kind
    let id = item.id
    for (let n = 1; used.has(id); n++) id = `${base}-${n}`
    used.add(id)
    if (id !== item.id) renamed.set(item.id, id)
    return { ...item, id }
  })
  return result.map((item) => {
    if (!('supersedes' in item) || item.supersedes === undefined) return item
    const target = renamed.get(item.supersedes) ?? item.supersedes
    const { supersedes: _, ...rest } = item
    return (result.some(({ id }) => id === target) ? { ...item, supersedes: target } : rest) as T
  })
}

/** The summary tells nothing that a person dismissed. */
function withoutDismissed(report: Report, before: readonly Claim[]): Pick<Report, 'summary' | 'summary_points'> {
  const dismissed = [...report.action_items, ...report.findings, ...before].filter(({ status }) => status === 'dismissed')
  const texts = dismissed.map((item) => ('title' in item ? item.title : item.text).toLowerCase())
  const points = report.summary_points.filter(({ text }) => !texts.some((gone) => text.toLowerCase().includes(gone)))
  if (points.length === report.summary_points.length) return { summary: report.summary, summary_points: report.summary_points }
  return { summary: points.map(({ text }) => text).join(' ') || report.summary, summary_points: points }
}
