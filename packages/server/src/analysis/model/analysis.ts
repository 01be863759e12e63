import { type ActionItem, type Finding, type Participant, type Report, type Segment, toErrorBody } from '@vigia/protocol'
import type { Llm } from '../../engines/llm.ts'
import { cuesFor, cuesOf } from '../cue-sets.ts'
import { dateReference } from '../dates.ts'
import { PhotoEvidence } from '../photo-evidence.ts'
import type { AnalysisWarning } from '../pipeline.ts'
import { shownRisks } from '../shown.ts'
import { Talk } from '../talk.ts'
import { splitClauses } from '../text/clauses.ts'
import { tokenize } from '../text/tokens.ts'
import { planBudget } from './budget.ts'
import { type CheckContext, type DropReason, type Item, type ItemKind, KINDS, knownNames, textOf } from './check.ts'
import { containment, inventedTokens, isThirdLanguage, obeysOrder, orders, withoutKeys } from './checks.ts'
import { type Chunk, toChunks } from './chunks.ts'
import { extractPart, type Part } from './extract.ts'
import { speakerKeys, toLines, toPhotos } from './lines.ts'
import { SpokenWords } from './locate.ts'
import { type Limited, limitActions, mergeItems, supersededBy } from './merge.ts'
import { writeProse } from './prose.ts'
import { type StageStore, Stages } from './stages.ts'
import { checkSupport } from './support.ts'

/** A language model on top of the extractive report: it proposes, code checks, and what has no evidence goes. */

export interface ModelDeps {
  llm: Llm
  stages: StageStore
  signal: AbortSignal
  /** Milliseconds left for the whole analysis. */
  leftMs: () => number
  onProgress?: (done: number, total: number) => void
}

export interface ModelInput {
  segments: readonly Segment[]
  participants: readonly Participant[]
  frames: Report['frames']
  language: 'es' | 'en'
  startedAt: string
  timeZone: string
  durationMs: number
}

/** What takes the place of the extractive findings. */
export type ModelResult = Pick<
  Report,
  'action_items' | 'suggested_actions' | 'findings' | 'summary' | 'summary_points' | 'title' | 'chapters'
> & {
  warnings: AnalysisWarning[]
  dropped: Record<string, number>
}

/** What rules stand in for: kinds of items, in lines of which the model gave none. */
interface Missing {
  kinds: ReadonlySet<ItemKind>
  ids: ReadonlySet<string>
}

const idsOf = ({ lines }: Chunk): Set<string> => new Set(lines.flatMap(({ segmentIds }) => segmentIds))

/** With less time than this nothing is asked a second time. */
const REPAIR_MS = 15_000
/** The newest titles that later parts may cancel. */
const MAX_OPEN = 20

/**
 * @param draft - the extractive report: stands in for parts that the model failed on, and for the summary
 * @returns null when the model gave nothing usable at all
 * @throws the signal's reason
 */
export async function analyzeWithModel(input: ModelInput, draft: Report, deps: ModelDeps): Promise<ModelResult | null> {
  const { llm, signal } = deps
  const context = contextOf(input)
  const stages = new Stages(deps.stages, llm.model)
  const budget = await planBudget(llm, context.lines, context.photos)
  const chunks = toChunks(context.lines, budget.sizeOf, budget.chunkTokens)
  const total = chunks.length + 2
  const work = { llm, stages, budget, signal, mayRepair: () => deps.leftMs() > REPAIR_MS }
  const tally = new Tally()
  let items: Item[] = []
  const weak: Part['weak'] = []
  const chapters: Part['chapters'] = []
  const missing: Missing[] = []
  for (const [i, chunk] of chunks.entries()) {
    deps.onProgress?.(i, total)
    signal.throwIfAborted()
    const open = items.filter(({ kind }) => kind === 'action' || kind === 'decision').slice(-MAX_OPEN)
    const base = { ...input, keys: speakerKeys(input.segments), photos: context.photos, open: open.map(({ text }) => text) }
    const part = deps.leftMs() > 0 ? await attempt(() => extractPart(chunk, base, context, work), signal, tally) : null
    if (!part) {
      tally.failedParts++
      missing.push({ kinds: new Set(Object.values(KINDS)), ids: idsOf(chunk) })
      continue
    }
    if (part.unread.length > 0) {
      tally.unreadParts++
      missing.push({ kinds: new Set(part.unread.flatMap((group) => KINDS[group] ?? [])), ids: idsOf(chunk) })
    }
    const cancelled = new Set(part.cancelled.flatMap((k) => open.slice(k - 1, k)))
    tally.drop(...part.dropped, ...[...cancelled].map(() => 'cancelled' as const))
    tally.cut += part.cut
    items = [...items.filter((item) => !cancelled.has(item)), ...part.items]
    weak.push(...part.weak)
    chapters.push(...part.chapters)
  }
  if (tally.failedParts === chunks.length) return null
  deps.onProgress?.(chunks.length, total)
  const proved = await attempt(() => support(weak, context, work), signal, tally)
  tally.drop(...(proved ? proved.dropped : weak.map(({ reason }) => reason)))
  const merged = mergeItems([...items, ...(proved?.items ?? [])], input.language, revocations(context))
  const words = input.segments.reduce((sum, { text }) => sum + tokenize(text).length, 0)
  const limited = limitActions(merged.items, input.durationMs, words)
  tally.drop(...merged.dropped, ...limited.dropped)
  deps.onProgress?.(chunks.length + 1, total)
  const told = chaptersOf(chapters, context)
  const telling = new Set(draft.summary_points.flatMap(({ evidence }) => evidence))
  const prose =
    deps.leftMs() > REPAIR_MS ? await attempt(() => writeProse(limited.items, told, telling, context, work), signal, tally) : null
  await stages.tidy()
  deps.onProgress?.(total, total)
  return toResult(limited, told, prose, missing, context, input, draft, tally)
}

function support(
  weak: Part['weak'],
  context: CheckContext,
  work: Parameters<typeof checkSupport>[2] & { mayRepair: () => boolean },
) {
  if (!work.mayRepair()) return Promise.resolve({ items: [], dropped: weak.map(({ reason }) => reason) })
  return checkSupport(weak, context, work)
}

/** A failing model costs the stage, never the session. */
async function attempt<T>(work: () => Promise<T>, signal: AbortSignal, tally: Tally): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    signal.throwIfAborted()
    tally.errors.push(toErrorBody(error).code)
    return null
  }
}

class Tally {
  readonly errors: string[] = []
  failedParts = 0
  /** Parts of which the model gave some kinds in no readable form. */
  unreadParts = 0
  cut = 0
  readonly dropped: Record<string, number> = {}

  drop(...reasons: DropReason[]): void {
    for (const reason of reasons) this.dropped[reason] = (this.dropped[reason] ?? 0) + 1
  }
}

function contextOf(input: ModelInput): CheckContext {
  const { segments, participants, language, startedAt, timeZone, frames } = input
  const lines = toLines(segments)
  const clauses = splitClauses(segments, language)
  return {
    segments,
    lines,
    photos: toPhotos(frames, lines),
    clauses,
    talk: new Talk(clauses, cuesFor(language)),
    nameOf: new Map(participants.flatMap(({ speaker, name }) => (name ? [[speaker, name] as const] : []))),
    language,
    isThirdTalk: isThirdLanguage(textOf(segments)),
    reference: dateReference(startedAt, timeZone, language),
    participants,
    labels: new Map([...speakerKeys(segments)].map(([label, key]) => [key, label])),
    words: new SpokenWords(segments),
    names: knownNames(participants, segments),
    orders: orders(
      clauses,
      frames.flatMap(({ text_visible }) => text_visible),
    ),
    shown: new Set(lines.map(({ n }) => n)),
  }
}

interface Chapter {
  title: string
  segments: Segment[]
}

/** Chapters whose title is in their lines, in order and without overlap. */
function chaptersOf(raw: readonly Part['chapters'][number][], context: CheckContext): Chapter[] {
  const found = raw.flatMap(({ lines, title }): Chapter[] => {
    const [first, last] = [Math.min(...lines), Math.max(...lines)]
    const text = withoutKeys(title)
    const ids = new Set(context.lines.slice(Math.max(0, first - 1), last).flatMap(({ segmentIds }) => segmentIds))
    const segments = context.segments.filter(({ id }) => ids.has(id))
    const said = textOf(segments)
    const isGood = segments.length > 0 && text !== '' && containment(text, said, context.language) >= 0.5
    const isClean =
      inventedTokens(text, said, context.names).length === 0 && !obeysOrder(text, '', context.orders, context.language)
    return isGood && isClean ? [{ title: text, segments }] : []
  })
  return found
    .sort((a, b) => a.segments[0]!.start - b.segments[0]!.start)
    .filter((chapter, i, all) => i === 0 || chapter.segments[0]!.start >= all[i - 1]!.segments.at(-1)!.end)
}

function toResult(
  { items, suggested }: Limited,
  chapters: readonly Chapter[],
  prose: Awaited<ReturnType<typeof writeProse>> | null,
  missing: readonly Missing[],
  context: CheckContext,
  input: ModelInput,
  draft: Report,
  tally: Tally,
): ModelResult {
  const spoken = new Set(input.segments.map(({ id }) => id))
  const isMissing = (kind: ItemKind, evidence: readonly string[]) =>
    evidence.every((id) => !spoken.has(id) || missing.some(({ kinds, ids }) => kinds.has(kind) && ids.has(id)))
  const photos = new PhotoEvidence(input.frames, input.segments, input.language)
  const tasks = [
    ...items.filter(({ kind }) => kind === 'action').map((item) => toAction(withPhotos(item, photos))),
    ...draft.action_items.filter(({ evidence }) => isMissing('action', evidence)),
  ].map((item, i): ActionItem => ({ ...item, id: `task-${i + 1}` }))
  const surplus = suggested.map((item, i): ActionItem => {
    return { ...toAction(withPhotos(item, photos)), id: `task-${tasks.length + i + 1}` }
  })
  const findings = findingsOf(items, photos, context, input, [
    ...draft.findings.filter(({ kind, evidence, source }) => source !== 'shown' && isMissing(kind, evidence)),
  ])
  const points = prose && prose.points.length > 0 ? prose.points : draftPoints(draft, tasks, findings, spoken)
  const isOwn = prose !== null && prose.points.length > 0
  if (prose && prose.dropped > 0) tally.dropped.summary = prose.dropped
  return {
    action_items: tasks,
    suggested_actions: surplus.length > 0 ? surplus : undefined,
    findings,
    summary_points: points,
    summary: points.map(({ text }) => text).join(' ') || draft.summary,
    title: prose?.title ?? draft.title,
    chapters: chapters.length > 1 ? chapters.map(toChapter) : undefined,
    warnings: warningsOf(tally, isOwn),
    dropped: tally.dropped,
  }
}

/** Points of the extractive summary that no longer stand for an item of it would contradict the lists. */
function draftPoints(
  draft: Report,
  tasks: readonly ActionItem[],
  findings: readonly Finding[],
  spoken: ReadonlySet<string>,
): Report['summary_points'] {
  const standing = new Set([...tasks, ...findings].flatMap(({ evidence }) => evidence))
  const told = new Set([...draft.action_items, ...draft.findings].flatMap(({ evidence }) => evidence))
  return draft.summary_points.filter(({ evidence }) => {
    const said = evidence.filter((id) => spoken.has(id))
    return (said.length > 0 ? said : evidence).some((id) => standing.has(id) || !told.has(id))
  })
}

/** Photos that the model cited, and those that show what the item names. */
function withPhotos(item: Item, photos: PhotoEvidence): Item {
  if (item.source === 'shown') return item
  const { evidence } = photos.cited(item, item.text)
  return { ...item, evidence: [...new Set([...evidence, ...item.photos])] }
}

function findingsOf(
  items: readonly Item[],
  photos: PhotoEvidence,
  context: CheckContext,
  input: ModelInput,
  rest: readonly Finding[],
): Finding[] {
  const order = { decision: 0, risk: 1, question: 2 } as const
  const kinds = items
    .filter(({ kind }) => kind !== 'action')
    .sort((a, b) => order[a.kind as keyof typeof order] - order[b.kind as keyof typeof order] || a.at - b.at)
  const replaced = supersededBy(kinds, revocations(context), input.language)
  const own = kinds.map((item, i): Finding => {
    const by = [...replaced].find(([, later]) => later === i)
    return {
      ...toFinding(withPhotos(item, photos)),
      id: `f${i}`,
      ...(replaced.has(i) ? { status: 'superseded' } : {}),
      ...(by ? { supersedes: `f${by[0]}` } : {}),
    }
  })
  const seen = new Set(own.flatMap(({ source, evidence }) => (source === 'shown' ? evidence : [])))
  const shown = shownRisks(input.frames).filter(({ evidence }) => !evidence.every((id) => seen.has(id)))
  return renumber([...own, ...shown.map((draft, i): Finding => ({ ...draft, id: `s${i}`, supersedes: undefined })), ...rest])
}

/** Tells items of whose lines one takes something back. */
const revocations =
  ({ clauses }: CheckContext) =>
  ({ evidence }: Item): boolean =>
    clauses.some((clause) => evidence.includes(clause.segmentId) && cuesOf(clause).revocation.test(clause.plain))

/** Ids as the extractive path gives them. */
function renumber(findings: readonly Finding[]): Finding[] {
  const counts = { decision: 0, risk: 0, question: 0 }
  const order = ['decision', 'risk', 'question']
  const sorted = [...findings].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
  const ids = new Map(sorted.map((finding) => [finding.id, `${finding.kind}-${++counts[finding.kind]}`]))
  return sorted.map(({ supersedes, ...finding }) => ({
    ...finding,
    id: ids.get(finding.id)!,
    ...(supersedes && ids.has(supersedes) ? { supersedes: ids.get(supersedes)! } : {}),
  }))
}

function toAction({ text, description, steps, owner, due, evidence, quote, confidence }: Item): Omit<ActionItem, 'id'> {
  const date = due ? { ...(due.iso ? { iso: due.iso } : {}), text: due.text, certainty: due.certainty } : null
  return { title: text, description, steps, owner, due: date, evidence, quote, confidence, status: 'open', origin: 'llm' }
}

function toFinding({ kind, text, why, severity, source, evidence, quote, confidence }: Item): Omit<Finding, 'id'> {
  return {
    kind: kind as Finding['kind'],
    text,
    ...(why ? { why } : {}),
    ...(severity ? { severity } : {}),
    ...(kind === 'risk' ? { source } : {}),
    evidence,
    quote,
    confidence,
    origin: 'llm',
    status: 'open',
  }
}

function toChapter({ title, segments }: Chapter): NonNullable<Report['chapters']>[number] {
  const ends = [...new Set([segments[0]!.id, segments.at(-1)!.id])]
  return { title, start: segments[0]!.start, end: segments.at(-1)!.end, evidence: ends }
}

function warningsOf({ failedParts, unreadParts, cut, errors }: Tally, isOwnSummary: boolean): AnalysisWarning[] {
  const bad = failedParts + unreadParts
  const codes = [...new Set(errors)].join(', ')
  return [
    ...(bad > 0
      ? [
          {
            code: 'model_part_failed',
            message: `The model failed on parts of the session (${codes || (unreadParts > 0 ? 'llm_failed' : 'time')}); those have what rules find.`,
            count: bad,
          },
        ]
      : []),
    ...(cut > 0
      ? [{ code: 'model_answer_cut', message: 'Answers of the model were cut short; their complete elements count.', count: cut }]
      : []),
    ...(isOwnSummary ? [] : [{ code: 'summary_extractive', message: 'The summary consists of sentences that were said.' }]),
  ]
}
