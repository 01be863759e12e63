import type { SummaryPoint } from '@vigia/protocol'
import type { Llm } from '../../engines/llm.ts'
import { seenText } from '../photo-evidence.ts'
import { askJson } from './ask.ts'
import type { Budget } from './budget.ts'
import { around, type CheckContext, citedPhotos, citedSegments, type Item, isForeign, textOf } from './check.ts'
import { containment, inventedTokens, obeysOrder, withoutKeys } from './checks.ts'
import type { Line } from './lines.ts'
import { proseMessages } from './prompts.ts'
import { PROSE_SCHEMA, RawPoint } from './schema.ts'
import type { Stages } from './stages.ts'

/** The summary in sentences, each with its evidence; a sentence that its lines do not carry is left out. */

export interface Prose {
  points: SummaryPoint[]
  title: string | null
  dropped: number
}

const MAX_POINTS = 6
const MAX_TITLE_CHARS = 60
/** Share of a sentence's stems that must be in the lines it cites. */
const CARRIED = 0.5

export async function writeProse(
  items: readonly Item[],
  chapters: readonly { title: string }[],
  telling: ReadonlySet<string>,
  context: CheckContext,
  deps: { llm: Llm; stages: Stages; budget: Budget; signal: AbortSignal },
): Promise<Prose> {
  const lines = linesFor(items, telling, context, deps.budget)
  const notes = [...chapters.map(({ title }) => `# ${title}`), ...items.map(({ kind, text }) => `- ${kind}: ${text}`)]
  const shown = new Set(lines.map(({ n }) => n))
  const photos = context.photos.filter(({ line }) => shown.has(line))
  const messages = proseMessages(context.language, notes, lines, photos)
  const maxTokens = Math.min(deps.budget.maxAnswerTokens, 900)
  const answer = await deps.stages.run('prose', messages, () =>
    askJson(deps.llm, { messages, schema: PROSE_SCHEMA, maxTokens }, deps.signal),
  )
  const raw = Array.isArray(answer?.value.points) ? (answer.value.points as unknown[]).slice(0, MAX_POINTS) : []
  const points = raw.flatMap((element) => toPoint(element, { ...context, shown, photos }))
  const title = typeof answer?.value.title === 'string' ? checkedTitle(answer.value.title, context, lines) : null
  return { points, title, dropped: raw.length - points.length }
}

/** All lines where they fit; else those that prove something or that the extractive summary found telling. */
function linesFor(items: readonly Item[], telling: ReadonlySet<string>, { lines }: CheckContext, budget: Budget): Line[] {
  const total = lines.reduce((sum, line) => sum + budget.sizeOf(line), 0)
  if (total <= budget.chunkTokens * 0.8) return [...lines]
  const wanted = new Set([...telling, ...items.flatMap(({ evidence }) => evidence)])
  let room = budget.chunkTokens * 0.8
  return lines.filter((line) => {
    if (!line.segmentIds.some((id) => wanted.has(id)) || room < budget.sizeOf(line)) return false
    room -= budget.sizeOf(line)
    return true
  })
}

/** A sentence stands on what was said where it cites lines, else on what its photos show; lettering carries none. */
function toPoint(element: unknown, context: CheckContext): SummaryPoint[] {
  const parsed = RawPoint.safeParse(element)
  if (!parsed.success) return []
  const { language, segments, names, orders } = context
  const cited = citedSegments(parsed.data.evidence, context)
  const text = withoutKeys(parsed.data.text).replace(/\s+/gu, ' ')
  const photos = citedPhotos(parsed.data.photos, context).filter(({ frame }) => containment(text, seenText(frame), language) > 0)
  if (cited.length + photos.length === 0 || text === '' || isForeign(text, context)) return []
  const seen = photos.map(({ frame }) => seenText(frame)).join('. ')
  const near = `${textOf(around(cited, segments, 1))}. ${seen}`
  const isCarried = containment(text, near, language) >= CARRIED
  const isInvented = inventedTokens(text, `${textOf(around(cited, segments, 2))}. ${seen}`, names).length > 0
  if (!isCarried || isInvented || obeysOrder(text, near, orders, language)) return []
  if (orders.some((order) => containment(text, order, language) >= CARRIED)) return []
  const evidence = [...cited.map(({ id }) => id), ...photos.map(({ frame }) => frame.frame_id)]
  return [{ text: /[.!?…]$/u.test(text) ? text : `${text}.`, evidence }]
}

function checkedTitle(title: string, context: CheckContext, lines: readonly Line[]): string | null {
  const text = withoutKeys(title).replace(/[.\s]+$/u, '')
  const said = lines.map((line) => line.text).join('. ')
  const isGood =
    text !== '' &&
    text.length <= MAX_TITLE_CHARS &&
    containment(text, said, context.language) >= CARRIED &&
    inventedTokens(text, said, context.names).length === 0 &&
    !isForeign(text, context) &&
    !context.orders.some((order) => containment(text, order, context.language) >= CARRIED)
  return isGood ? text : null
}
