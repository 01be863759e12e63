import { toErrorBody, VigiaError } from '@vigia/protocol'
import type { Llm, LlmMessage } from '../../engines/llm.ts'
import { askJson, askText } from './ask.ts'
import { type Budget, isSmallModel } from './budget.ts'
import { type CheckContext, type Checked, checkElement, type DropReason, type Item } from './check.ts'
import type { Chunk } from './chunks.ts'
import { plainMessages, readPlainLines } from './plain-lines.ts'
import { type ExtractionPrompt, extractionMessages, repairMessages } from './prompts.ts'
import { extractionSchema, type Group, RawChapter } from './schema.ts'
import type { Stages } from './stages.ts'

/** One part of a session → items: ask, check each element, ask once more for those that were malformed. */

export interface Part {
  items: Item[]
  weak: { item: Item; reason: DropReason }[]
  dropped: DropReason[]
  chapters: { lines: number[]; title: string }[]
  /** Numbers of open items that this part cancels. */
  cancelled: number[]
  /** Answers that were cut short; their complete elements count. */
  cut: number
  /** Kinds of which the model gave nothing to read. */
  unread: Group[]
}

export interface ExtractDeps {
  llm: Llm
  stages: Stages
  budget: Budget
  signal: AbortSignal
  /** False when too little time is left for a second question. */
  mayRepair: () => boolean
}

const CLAIMS: readonly Group[] = ['actions', 'decisions', 'risks', 'questions']

/** @throws VigiaError when the model fails, `llm_failed` when it gives nothing to read, twice */
export async function extractPart(
  chunk: Chunk,
  base: Omit<ExtractionPrompt, 'groups' | 'lines' | 'context'>,
  check: CheckContext,
  deps: ExtractDeps,
): Promise<Part> {
  const part: Part = { items: [], weak: [], dropped: [], chapters: [], cancelled: [], cut: 0, unread: [] }
  const shown = new Set([...chunk.context, ...chunk.lines].map(({ n }) => n))
  const own = new Set(chunk.lines.map(({ n }) => n))
  const photos = base.photos.filter(({ line }) => own.has(line))
  for (const groups of passes(deps.llm, base.open.length > 0)) {
    const prompt = { ...base, groups, lines: chunk.lines, context: chunk.context, photos }
    await askGroups(prompt, { ...check, shown, photos }, deps, part)
  }
  if (CLAIMS.every((group) => part.unread.includes(group)))
    throw new VigiaError('llm_failed', 'The model gave nothing to read, in JSON or in lines.')
  return part
}

function passes(llm: Llm, hasOpen: boolean): Group[][] {
  const closing: Group[] = hasOpen ? ['cancelled'] : []
  if (!isSmallModel(llm)) return [[...CLAIMS, 'chapters', ...closing]]
  return [
    ['actions', ...closing],
    ['decisions', 'questions'],
    ['risks', 'chapters'],
  ]
}

async function askGroups(prompt: ExtractionPrompt, check: CheckContext, deps: ExtractDeps, part: Part): Promise<void> {
  const { groups } = prompt
  const messages = extractionMessages(prompt)
  const schema = extractionSchema(groups)
  // A name given later changes no answer: what is kept does not hang on it.
  const nameless = extractionMessages({ ...prompt, participants: prompt.participants.map(({ name: _, ...person }) => person) })
  const ask = (name: string, question: LlmMessage[]) =>
    deps.stages.run(name, [nameless, question.slice(messages.length), groups], () =>
      askJson(deps.llm, { messages: question, schema, maxTokens: deps.budget.maxAnswerTokens }, deps.signal),
    )
  const inLines = () => deps.stages.run('lines', [nameless, groups], () => askLines(prompt, messages, deps))
  const answer = (await ask('extract', messages)) ?? (deps.mayRepair() ? await inLines() : null)
  if (!answer) {
    part.unread.push(...groups)
    return
  }
  if (answer.cut) part.cut++
  const failing = readLists(answer.value, groups, check, part)
  if (failing.length === 0) return
  const repaired = deps.mayRepair() ? await repair(() => ask('repair', repairMessages(prompt.language, messages, failing))) : null
  const again = repaired ? onlyLists(repaired.value, failing) : {}
  const still = readLists(again, groups, check, part)
  part.dropped.push(...[...still, ...unanswered(again, failing)].map(({ reason }) => reason))
}

/** The same question for plain lines, without a grammar: what models that write no JSON can still do. */
async function askLines({ language, groups }: ExtractionPrompt, first: LlmMessage[], { llm, budget, signal }: ExtractDeps) {
  const messages = plainMessages(language, first, groups)
  if (!messages) return null
  const { text, isCut } = await askText(llm, { messages, maxTokens: budget.maxAnswerTokens }, signal)
  const value = readPlainLines(text, groups)
  return value ? { value: value as Record<string, unknown>, cut: isCut } : null
}

/** A repair that fails costs what it was to repair, not the rest. */
async function repair<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (error) {
    if (toErrorBody(error).code === 'internal') throw error
    return null
  }
}

interface Failing {
  group: Group
  reason: DropReason
  element: unknown
}

function readLists(value: Record<string, unknown>, groups: readonly Group[], check: CheckContext, part: Part): Failing[] {
  const failing: Failing[] = []
  for (const group of groups) {
    const elements = Array.isArray(value[group]) ? (value[group] as unknown[]).slice(0, 40) : []
    if (group === 'cancelled') part.cancelled.push(...elements.filter((element) => typeof element === 'number'))
    else if (group === 'chapters') part.chapters.push(...elements.flatMap(toChapter))
    else
      for (const element of elements) {
        const checked = checkElement(group, element, check)
        if (checked.result === 'failing') failing.push({ group, reason: checked.reason, element })
        else take(checked, part)
      }
  }
  return failing
}

function take(checked: Exclude<Checked, { result: 'failing' }>, part: Part): void {
  if (checked.result === 'ok') part.items.push(checked.item)
  else if (checked.result === 'weak') part.weak.push({ item: checked.item, reason: checked.reason })
  else part.dropped.push(checked.reason)
}

/** Elements that failed, and that a repair gave nothing for. */
function unanswered(again: Readonly<Record<string, unknown>>, failing: readonly Failing[]): Failing[] {
  const given = (group: Group) => (Array.isArray(again[group]) ? again[group].length : 0)
  return [...Map.groupBy(failing, ({ group }) => group)].flatMap(([group, all]) => all.slice(given(group)))
}

/** A repair may answer for what failed, and add nothing. */
function onlyLists(value: Record<string, unknown>, failing: readonly Failing[]): Record<string, unknown> {
  const counts = Map.groupBy(failing, ({ group }) => group)
  return Object.fromEntries(
    [...counts].map(([group, all]) => [
      group,
      Array.isArray(value[group]) ? (value[group] as unknown[]).slice(0, all.length) : [],
    ]),
  )
}

function toChapter(element: unknown): Part['chapters'] {
  const parsed = RawChapter.safeParse(element)
  return parsed.success ? [{ lines: parsed.data.evidence, title: parsed.data.title }] : []
}
