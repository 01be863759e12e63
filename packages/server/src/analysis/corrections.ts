import type { ActionItem, Finding, Report, TranscriptItem } from '@vigia/protocol'
import { type Claim, claimsOf, claimText, reportLanguage, withoutDismissed } from './dismissal.ts'
import { contentStems } from './statements.ts'
import { jaccard } from './text/stem.ts'
import { tokenize } from './text/tokens.ts'
import { quoteCheck, textsOf } from './validate.ts'

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
  const places = new Places(previous, next)
  const language = reportLanguage(next)
  const tasks = keep(tasksOf(previous).filter(isTouched), tasksOf(next), places, language)
  const findings = keep(previous.findings.filter(isTouched), next.findings, places, language)
  const lists = asLists(tasks, previous, next)
  const kept = withStanding({ ...withSuggested(next, lists), findings: withIds(findings, null) })
  return withoutDismissed(kept, claimsOf(previous))
}

const tasksOf = ({ action_items, suggested_actions = [] }: Report): ActionItem[] => [...action_items, ...suggested_actions]

interface TaskLists {
  action_items: ActionItem[]
  suggested_actions: ActionItem[]
}

/** The report with these tasks; a list of suggestions stands in it where there are any. */
export function withSuggested(
  { suggested_actions: _, ...report }: Report,
  { action_items, suggested_actions }: TaskLists,
): Report {
  return { ...report, action_items, ...(suggested_actions.length > 0 ? { suggested_actions } : {}) }
}

/** What people touched stays in the list they know it from; the rest is where the new report has it. */
function asLists(kept: readonly Kept<ActionItem>[], previous: Report, next: Report): TaskLists {
  const idsOf = ({ suggested_actions = [] }: Report) => new Set(suggested_actions.map(({ id }) => id))
  const [before, now] = [idsOf(previous), idsOf(next)]
  const named = withIds(kept, 'task')
  const isSuggested = kept.map(({ item }) => (isTouched(item) ? before : now).has(item.id))
  return {
    action_items: named.filter((_, i) => !isSuggested[i]),
    suggested_actions: named.filter((_, i) => isSuggested[i]),
  }
}

/** Decisions stand unless one that stands replaces them; the lists of texts are those that stand. */
export function withStanding(report: Report): Report {
  const replacing = Map.groupBy(report.findings, ({ supersedes }) => supersedes)
  const findings = report.findings.map((finding): Finding => {
    const later = replacing.get(finding.id)
    if (!later || finding.status === 'dismissed') return finding
    return { ...finding, status: later.some(({ status }) => status !== 'dismissed') ? 'superseded' : 'open' }
  })
  return {
    ...report,
    findings,
    risks: textsOf(findings, 'risk'),
    decisions: textsOf(findings, 'decision'),
    open_questions: textsOf(findings, 'question'),
  }
}

function isTouched({ status, origin }: Claim): boolean {
  return origin === 'user' || status === 'dismissed' || status === 'done'
}

/** A claim of the new report: what people touched, under its old id, or what was made; `madeIds` are what it stands for. */
interface Kept<T> {
  item: T
  madeIds: string[]
}

function keep<T extends Claim>(touched: readonly T[], made: readonly T[], places: Places, language: 'es' | 'en'): Kept<T>[] {
  let rest = made.map((item) => ({ item, stems: stemsOf(item, language) }))
  const kept = touched.flatMap((item): Kept<T>[] => {
    const evidence = places.of(item)
    const stems = stemsOf(item, language)
    const same = rest.filter((other) => isSame({ ...item, evidence }, other.item, stems, other.stems, places))
    // What was dismissed comes back in no second wording either.
    const twins = (item.status === 'dismissed' ? same : same.slice(0, 1)).map((twin) => twin.item)
    rest = rest.filter((other) => !twins.includes(other.item))
    const madeIds = twins.map(({ id }) => id)
    const twin = twins[0]
    if (item.origin !== 'user' && twin) return [{ item: asTouched(twin, item), madeIds }]
    const proof = evidence.length > 0 ? evidence : (twin?.evidence ?? [])
    // A claim whose lines are gone, and that nobody wrote, has nothing to rest on.
    if (proof.length === 0) return []
    return [{ item: places.settled({ ...withReplaced(item, twin), evidence: proof }), madeIds }]
  })
  return [...kept, ...rest.map(({ item }) => ({ item, madeIds: [item.id] }))]
}

function asTouched<T extends Claim>(made: T, { id, status, dismissed_because }: T): T {
  return { ...made, id, status, ...(dismissed_because === undefined ? {} : { dismissed_because }) }
}

/** What a decision replaces is told by the new report: ids of the old one mean nothing there. */
function withReplaced<T extends Claim>(item: T, twin: T | undefined): T {
  const { supersedes: _, ...rest } = item as Finding
  return { ...rest, ...(twin && 'supersedes' in twin ? { supersedes: twin.supersedes } : {}) } as unknown as T
}

const stemsOf = (claim: Claim, language: 'es' | 'en'): Set<string> => contentStems(tokenize(claimText(claim)), language)

function isSame(a: Claim, b: Claim, aStems: ReadonlySet<string>, bStems: ReadonlySet<string>, places: Places): boolean {
  if ('kind' in a && 'kind' in b && a.kind !== b.kind) return false
  const likeness = jaccard(aStems, bStems)
  const proof = new Set(places.proofOf(b))
  const sharesProof = places.proofOf(a).some((id) => proof.has(id))
  return (sharesProof && (likeness >= SAME_NEAR || (a.quote !== '' && a.quote === b.quote))) || likeness >= SAME_FAR
}

/** Evidence of an earlier report in this one: the same id, else what was said at that time. */
class Places {
  readonly #frames: ReadonlySet<string>
  readonly #known: ReadonlySet<string>
  readonly #before: ReadonlyMap<string, TranscriptItem>
  readonly #next: Report
  readonly #isQuoted: (claim: Claim) => boolean

  constructor(previous: Report, next: Report) {
    this.#frames = new Set(next.frames.map(({ frame_id }) => frame_id))
    this.#known = new Set([...next.transcript.map(({ id }) => id), ...this.#frames])
    this.#before = new Map(previous.transcript.map((item) => [item.id, item]))
    this.#next = next
    this.#isQuoted = quoteCheck(next)
  }

  /** Lines that prove a claim; one photo may show many things, so that it counts only where it is all there is. */
  proofOf({ evidence }: Claim): readonly string[] {
    const said = evidence.filter((id) => !this.#frames.has(id))
    return said.length > 0 ? said : evidence
  }

  /** What was dismissed finds the nearest line, however far: forgotten, it could come back. */
  of({ evidence, status }: Claim): string[] {
    const near = this.#placed(evidence, SAME_TIME_S)
    return near.length > 0 || status !== 'dismissed' ? near : this.#placed(evidence, Number.POSITIVE_INFINITY)
  }

  /** A claim whose new lines do not hold its quote is stale. */
  settled<T extends Claim>(claim: T): T {
    return claim.quote === '' || this.#isQuoted(claim) ? claim : { ...claim, stale: true }
  }

  #placed(evidence: readonly string[], reachS: number): string[] {
    const place = (id: string): string[] => {
      const old = this.#before.get(id)
      return this.#known.has(id) ? [id] : old ? nearest(old, this.#next.transcript, reachS) : []
    }
    return [...new Set(evidence.flatMap(place))]
  }
}

function nearest(old: TranscriptItem, transcript: readonly TranscriptItem[], reachS: number): string[] {
  const middle = (old.start + old.end) / 2
  const distance = ({ start, end }: TranscriptItem) => Math.abs((start + end) / 2 - middle)
  const near = transcript.filter(({ start, end }) => start <= old.end + reachS && end >= old.start - reachS)
  return near.length === 0 ? [] : [near.reduce((a, b) => (distance(b) < distance(a) ? b : a)).id]
}

/** Ids stay with what people touched; the rest takes free ones. */
function withIds<T extends Claim>(kept: readonly Kept<T>[], prefix: string | null): T[] {
  const used = new Set(kept.flatMap(({ item }) => (isTouched(item) ? [item.id] : [])))
  const finalIds = new Map<string, string>()
  const named = kept.map(({ item, madeIds }): T => {
    let id = item.id
    if (!isTouched(item)) {
      for (let n = 1; used.has(id); n++) id = `${prefix ?? (item as Finding).kind}-${n}`
      used.add(id)
    }
    for (const made of madeIds) finalIds.set(made, id)
    return { ...item, id }
  })
  return named.map((item) => withTarget(item, finalIds, named))
}

/** `supersedes` follows the id of what it names. */
function withTarget<T extends Claim>(item: T, finalIds: ReadonlyMap<string, string>, all: readonly Claim[]): T {
  if (!('supersedes' in item) || item.supersedes === undefined) return item
  const target = finalIds.get(item.supersedes)
  const { supersedes: _, ...rest } = item
  return (target !== item.id && all.some(({ id }) => id === target) ? { ...item, supersedes: target } : rest) as T
}
