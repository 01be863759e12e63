import type { ActionItem, Finding, Observation, Report, SummaryPoint } from '@vigia/protocol'
import { cuesOf, isInstruction } from './cue-sets.ts'
import type { DateReference } from './dates.ts'
import type { PhotoEvidence } from './photo-evidence.ts'
import { rankClauses } from './rank.ts'
import { asStatement, isDisregarded } from './statements.ts'
import type { Talk } from './talk.ts'
import { type Clause, plainOf } from './text/clauses.ts'
import { capitalize } from './text/fold.ts'
import { tokenize } from './text/tokens.ts'

/** The summary without a language model: what was talked of, then what was found, each point with its evidence. Pure. */

const TOPIC_POINTS = 3
/** Findings of one kind that the summary names; the report lists all. */
const MAX_NAMED = 4
const TITLE_CHARS = 60

const WORDS = {
  es: {
    decided: 'Se acordó',
    tasks: 'Tarea',
    risks: 'Riesgo',
    questions: 'Queda abierto',
    silent: 'No se oyó ninguna palabra.',
    shown: 'Se vio',
  },
  en: { decided: 'Decided', tasks: 'Task', risks: 'Risk', questions: 'Open', silent: 'No words were heard.', shown: 'Seen' },
}

export interface SummaryInput {
  talk: Talk
  reference: DateReference
  tasks: readonly ActionItem[]
  findings: readonly Finding[]
  photos: PhotoEvidence
  frames: readonly Observation[]
}

/** `summary` is the texts of `summary_points`, in order. */
export interface Summary {
  title?: string
  summary: string
  summary_points: SummaryPoint[]
}

export function summarize(input: SummaryInput): Summary {
  const { clauses, cues } = input.talk
  const words = WORDS[cues.language]
  const counting = clauses.filter((clause) => !isDisregarded(clause, clauses))
  const points = [...topicPoints(counting, input), ...foundPoints(input), ...(clauses.length === 0 ? seenPoints(input) : [])]
  const title = titleOf(counting)
  return {
    ...(title ? { title } : {}),
    summary:
      points.length > 0 ? points.map(({ text }) => text).join(' ') : clauses.length === 0 ? words.silent : lastResort(clauses),
    summary_points: points,
  }
}

/** Sentences that say what it was about; those that the findings tell anyway are left to them. */
function topicPoints(clauses: readonly Clause[], { talk, reference, tasks, findings, photos }: SummaryInput): SummaryPoint[] {
  const told = toldIn([...tasks, ...findings])
  const agenda = clauses.find((clause) => cuesOf(clause).topic.test(clause.plain) && !clause.question)
  const rest = clauses.filter((clause) => clause !== agenda && !told(clause))
  const ranked = rankClauses(rest, agenda ? TOPIC_POINTS - 1 : TOPIC_POINTS, talk, reference)
  const chosen = agenda ? [agenda, ...ranked].sort((a, b) => a.index - b.index) : ranked
  return chosen.map((clause) => ({
    text: `${asStatement(clause)}.`,
    evidence: [clause.segmentId, ...photos.about(clause.text, [clause.segmentId])],
  }))
}

/** Which clauses the claims tell: those that hold a quote in a segment that proves it, and the same words elsewhere. */
function toldIn(claims: readonly (ActionItem | Finding)[]): (clause: Clause) => boolean {
  const quotes = new Map<string, string[]>()
  for (const { evidence, quote } of claims)
    for (const id of evidence) quotes.set(id, [...(quotes.get(id) ?? []), quote.toLowerCase()])
  const words = new Set(claims.map(({ quote }) => quote.toLowerCase()))
  return ({ segmentId, text }) => {
    const said = text.toLowerCase()
    return words.has(said) || (quotes.get(segmentId)?.some((quote) => quote !== '' && said.includes(quote)) ?? false)
  }
}

/** Where nobody spoke the photos are all there is to tell. */
function seenPoints({ frames, talk, findings }: SummaryInput): SummaryPoint[] {
  const { cues } = talk
  const told = new Set(findings.flatMap(({ evidence }) => evidence))
  const points = new Map<string, SummaryPoint>()
  for (const { status, description, frame_id } of frames) {
    const [first = ''] = description.trim().split(/(?<=[.!?])\s+/u)
    if (status !== 'done' || first === '' || told.has(frame_id) || isInstruction(plainOf(tokenize(first)))) continue
    const text = `${WORDS[cues.language].shown}: ${sentence(first)}`
    if (points.size < TOPIC_POINTS && !points.has(text)) points.set(text, { text, evidence: [frame_id] })
  }
  return [...points.values()]
}

function foundPoints({ talk, tasks, findings }: SummaryInput): SummaryPoint[] {
  const { language } = talk.cues
  const open = findings.filter(({ status }) => status === 'open')
  const of = (kind: Finding['kind']) =>
    open
      .filter((finding) => finding.kind === kind)
      .slice(0, MAX_NAMED)
      .map((finding) => findingPoint(finding, language))
  return [
    ...of('decision'),
    ...tasks.slice(0, MAX_NAMED).map((task) => taskPoint(task, language)),
    ...of('risk'),
    ...of('question'),
  ]
}

const LABELS = { decision: 'decided', risk: 'risks', question: 'questions' } as const

/** What the summary says of a finding. */
export function findingPoint({ kind, text, source, evidence }: Omit<Finding, 'id'>, language: 'es' | 'en'): SummaryPoint {
  const words = WORDS[language]
  return { text: `${source === 'shown' ? words.shown : words[LABELS[kind]]}: ${sentence(text)}`, evidence: [...evidence] }
}

/** What the summary says of a task. */
export function taskPoint(task: ActionItem, language: 'es' | 'en'): SummaryPoint {
  return { text: `${WORDS[language].tasks}${ownerOf(task)}: ${sentence(withDue(task))}`, evidence: [...task.evidence] }
}

/** True for a claim among the first of its kind that stand: the summary names those. */
export function isNamed(claim: ActionItem | Finding, { action_items, findings }: Report): boolean {
  const open = ({ status }: ActionItem | Finding) => (status ?? 'open') === 'open'
  const peers = 'kind' in claim ? findings.filter(({ kind }) => kind === claim.kind) : action_items
  return peers
    .filter(open)
    .slice(0, MAX_NAMED)
    .some(({ id }) => id === claim.id)
}

function ownerOf({ owner }: ActionItem): string {
  return owner?.name ? ` (${owner.name})` : ''
}

function withDue({ title, due }: ActionItem): string {
  const text = title.charAt(0).toLowerCase() + title.slice(1)
  return due ? `${text}, ${due.text.toLowerCase()}` : text
}

function sentence(text: string): string {
  return /[?!.]$/u.test(text) ? text : `${text}.`
}

function lastResort(clauses: readonly Clause[]): string {
  return sentence(asStatement(clauses[0]!))
}

/** What “vamos a revisar …” names, else the first sentence that is short enough. */
function titleOf(clauses: readonly Clause[]): string | undefined {
  for (const { text, language } of clauses) {
    const match =
      language === 'es'
        ? /(?:vamos a|toca|hoy)\s+(?:revisar|hablar de|tratar|ver|repasar|planificar|preparar)\s+(?:el|la|los|las|lo de(?:l| la)?)?\s*(.{8,})/iu.exec(
            text,
          )
        : /(?:let's|let us|going to|today we)\s+(?:talk about|discuss|review|look at|plan)\s+(?:the)?\s*(.{8,})/iu.exec(text)
    if (match) return shorten(match[1]!)
  }
  const first = clauses.find(({ tokens, question }) => tokens.length >= 4 && !question)
  return first ? shorten(asStatement(first)) : undefined
}

function shorten(text: string): string {
  const clean = text.replace(/[\s.,;:!?…]+$/u, '')
  if (clean.length <= TITLE_CHARS) return capitalize(clean)
  return `${capitalize(clean.slice(0, TITLE_CHARS - 1).replace(/\s+\S*$/u, ''))}…`
}
