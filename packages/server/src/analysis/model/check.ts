import type { ActionItem, Participant, Segment, Severity } from '@vigia/protocol'
import type { z } from 'zod'
import { cuesOf } from '../cue-sets.ts'
import { type DateMention, type DateReference, inLanguage, resolveDate } from '../dates.ts'
import { letteringOf, seenText } from '../photo-evidence.ts'
import { isRefused } from '../reply.ts'
import { quoteOf } from '../statements.ts'
import type { Talk } from '../talk.ts'
import type { Clause } from '../text/clauses.ts'
import { capitalize, fold } from '../text/fold.ts'
import { toldLanguage } from '../text/language.ts'
import { isGivenName } from '../text/names.ts'
import { tokenize } from '../text/tokens.ts'
import { containment, inventedTokens, isOtherLanguage, isThirdLanguage, obeysOrder, vetoOf, withoutKeys } from './checks.ts'
import type { Line, Photo } from './lines.ts'
import { locateAnywhere, locateQuote, type SpokenWords } from './locate.ts'
import { type Group, RawAction, RawFinding, RawRisk } from './schema.ts'

/** One element of a model's answer → an item with evidence, or the reason why it is none. Pure. */

export type ItemKind = 'action' | 'decision' | 'risk' | 'question'

export interface Item {
  kind: ItemKind
  /** Title of an action, text of a finding. */
  text: string
  description: string
  steps: string[]
  why: string
  severity: Severity | null
  source: 'said' | 'shown'
  owner: { speaker?: string; name?: string } | null
  due: ActionItem['due']
  /** Ids of the segments that prove it, in the order of the session; of frames where it was only shown. */
  evidence: string[]
  /** Frames that show what was said. */
  photos: string[]
  quote: string
  confidence: number
  /** Place in the session, for order. */
  at: number
}

/** `failing` may be asked for again; `weak` needs the support check. */
export type Checked =
  | { result: 'ok'; item: Item }
  | { result: 'weak'; item: Item; reason: DropReason }
  | { result: 'failing'; reason: DropReason }
  | { result: 'dropped'; reason: DropReason }

export type DropReason =
  | 'schema'
  | 'no_evidence'
  | 'quote'
  | 'invented'
  | 'unsupported'
  | 'instruction'
  | 'disregarded'
  | 'hypothetical'
  | 'language'
  | 'photo'
  | 'too_many'
  | 'duplicate'
  | 'cancelled'

export interface CheckContext {
  segments: readonly Segment[]
  lines: readonly Line[]
  photos: readonly Photo[]
  clauses: readonly Clause[]
  talk: Talk
  /** Name of a speaker. */
  nameOf: ReadonlyMap<string, string>
  language: 'es' | 'en'
  /** The talk itself is in neither of our languages: then its words may stand in texts. */
  isThirdTalk: boolean
  reference: DateReference
  participants: readonly Participant[]
  /** Letter → label. */
  labels: ReadonlyMap<string, string>
  words: SpokenWords
  /** Names that may stand in texts: of participants, and given names that were said. Folded. */
  names: ReadonlySet<string>
  /** Orders to an assistant, said or shown. */
  orders: readonly string[]
  /** Line numbers that the model was shown; others it cannot cite. */
  shown: ReadonlySet<number>
}

const MAX_EVIDENCE = 8
const MAX_PHOTOS = 4
const NEAR_RATIO = 0.8
const FAR_RATIO = 0.9
/** Less of a title than this in the evidence is not what was said. */
const MIN_OVERLAP = 0.25
export const KINDS: Partial<Record<Group, ItemKind>> = {
  actions: 'action',
  decisions: 'decision',
  risks: 'risk',
  questions: 'question',
}

export function checkElement(group: Group, element: unknown, context: CheckContext): Checked {
  const kind = KINDS[group]!
  const parsed = { action: RawAction, decision: RawFinding, question: RawFinding, risk: RawRisk }[kind].safeParse(element)
  if (!parsed.success) return { result: 'failing', reason: 'schema' }
  const raw = parsed.data as z.output<typeof RawFinding> & Partial<z.output<typeof RawAction> & z.output<typeof RawRisk>>
  const text = capitalize(withoutKeys(raw.title ?? raw.text))
  if (text === '') return { result: 'failing', reason: 'schema' }
  if (isTitleForeign(text, raw, context)) return { result: 'failing', reason: 'language' }
  const photos = citedPhotos(raw.photos, context)
  const cited = citedSegments(raw.evidence, context)
  if (kind === 'risk' && cited.length === 0 && photos.length > 0) return checkShown(text, raw, photos, context)
  const checked = checkSaid(kind, text, raw, cited, photos, context)
  const isPhotoOnly = cited.length === 0 && photos.length > 0 && checked.result === 'dropped' && checked.reason === 'no_evidence'
  return isPhotoOnly ? { result: 'dropped', reason: 'photo' } : checked
}

/** True for a text that is not in the language of the report; what is told besides a title is left out, the title is not. */
export function isForeign(text: string, { language, isThirdTalk }: CheckContext): boolean {
  return isOtherLanguage(text, language) || (!isThirdTalk && isThirdLanguage(text))
}

/** A short title tells no language by itself: then what stands beside it does. */
function isTitleForeign(text: string, raw: Raw, context: CheckContext): boolean {
  if (isForeign(text, context)) return true
  const isOwn = toldLanguage(tokenize(text), context.language) === context.language
  return !isOwn && isForeign([text, raw.description ?? '', raw.why ?? ''].join('. '), context)
}

type Raw = z.output<typeof RawFinding> & Partial<z.output<typeof RawAction> & z.output<typeof RawRisk>>

export function citedSegments(numbers: readonly number[], { lines, segments, shown }: CheckContext): Segment[] {
  const known = [...new Set(numbers)].filter((n) => shown.has(n)).slice(0, MAX_EVIDENCE)
  const ids = new Set(known.flatMap((n) => lines[n - 1]?.segmentIds ?? []))
  return segments.filter(({ id }) => ids.has(id))
}

export function citedPhotos(numbers: readonly number[], { photos }: CheckContext): Photo[] {
  const wanted = new Set(numbers)
  return photos.filter(({ n }) => wanted.has(n)).slice(0, MAX_PHOTOS)
}

/** Photos that show some of what a text says: what they hold besides, a number on a label, may stand in the text too. */
function photosFor(text: string, photos: readonly Photo[], context: CheckContext): Photo[] {
  return photos.filter(({ frame }) => containment(text, `${seenText(frame)}. ${letteringOf(frame)}`, context.language) > 0)
}

const allOf = (photos: readonly Photo[]): string =>
  photos.map(({ frame }) => `${seenText(frame)}. ${letteringOf(frame)}`).join('. ')

function checkSaid(
  kind: ItemKind,
  text: string,
  raw: Raw,
  cited: readonly Segment[],
  photos: readonly Photo[],
  context: CheckContext,
): Checked {
  const { segments, words, language } = context
  const near = locateQuote(raw.quote, around(cited, segments, 1), words, NEAR_RATIO)
  const said = near ?? locateAnywhere(raw.quote, words, FAR_RATIO)
  if (!said && cited.length === 0) return { result: 'dropped', reason: 'no_evidence' }
  const proof = evidenceSegments(cited, said?.segmentId, near !== null, context)
  const evidence = textOf(around(proof, segments, 1))
  if (obeysOrder(text, evidence, context.orders, language)) return { result: 'dropped', reason: 'instruction' }
  const clauses = context.clauses.filter(({ segmentId }) => proof.some(({ id }) => id === segmentId))
  const veto = vetoOf(clauses, context.clauses)
  if (veto) return { result: 'dropped', reason: veto }
  const overlap = containment(text, evidence, language)
  if (!said && overlap < MIN_OVERLAP) return { result: 'dropped', reason: 'quote' }
  const showing = photosFor(text, photos, context)
  const item = toItem(kind, text, raw, proof, showing, said?.text ?? firstWords(proof, context), context)
  if (inventedTokens(text, `${textOf(around(proof, segments, 2))}. ${allOf(showing)}`, context.names).length > 0) {
    if (!said || overlap < MIN_OVERLAP) return { result: 'dropped', reason: 'invented' }
    // What was said takes the place of what was made up.
    return { result: 'ok', item: { ...item, text: capitalize(said.text), confidence: 0.5 } }
  }
  if (!said) return { result: 'weak', item, reason: 'quote' }
  if (overlap < MIN_OVERLAP) return { result: 'weak', item, reason: 'unsupported' }
  const quoted = clauses.filter(({ text: clause }) => clause.includes(said.text) || said.text.includes(clause))
  const { talk, reference, nameOf } = context
  const isVetoed =
    kind === 'action' &&
    quoted.length > 0 &&
    quoted.every((clause) => cuesOf(clause).vetoesTask(clause) || isRefused(clause, talk, reference, nameOf))
  const isOpen =
    kind === 'decision' && quoted.length > 0 && quoted.every((clause) => cuesOf(clause).decisionVeto.test(clause.plain))
  if (isVetoed || isOpen) return { result: 'weak', item, reason: 'hypothetical' }
  return { result: 'ok', item }
}

/** A danger that the camera saw: it must be in what the vision engine said of the photo, its lettering aside. */
function checkShown(text: string, raw: Raw, photos: readonly Photo[], context: CheckContext): Checked {
  const seen = photos.map(({ frame }) => seenText(frame))
  const best = Math.max(...seen.map((shown) => containment(text, shown, context.language)))
  if (best < MIN_OVERLAP) return { result: 'dropped', reason: 'photo' }
  const proof = photos.filter((_, i) => containment(text, seen[i]!, context.language) >= MIN_OVERLAP)
  const base = {
    kind: 'risk' as const,
    text,
    description: '',
    steps: [],
    why: shownWhy(raw, context),
    owner: null,
    due: null,
  }
  const evidence = proof.map(({ frame }) => frame.frame_id)
  return {
    result: 'ok',
    item: {
      ...base,
      severity: raw.severity ?? null,
      source: 'shown',
      evidence,
      photos: [],
      quote: '',
      confidence: 0.6,
      at: proof[0]!.frame.at ?? 0,
    },
  }
}

/** Of a line of several segments only the quoted one proves; far from the cited lines the quote alone does. */
function evidenceSegments(
  cited: readonly Segment[],
  quotedId: string | undefined,
  isNear: boolean,
  { segments, lines }: CheckContext,
): Segment[] {
  const quoted = segments.find(({ id }) => id === quotedId)
  if (!quoted) return cited.slice(0, MAX_EVIDENCE)
  if (!isNear) return [quoted]
  const line = lines.find(({ segmentIds }) => segmentIds.includes(quoted.id))
  const others = cited.filter(({ id }) => !line?.segmentIds.includes(id))
  return segments.filter((segment) => segment === quoted || others.includes(segment)).slice(0, MAX_EVIDENCE)
}

function shownWhy(raw: Raw, context: CheckContext): string {
  const why = withoutKeys(raw.why ?? '')
  return isForeign(why, context) ? '' : why
}

export function around(cited: readonly Segment[], segments: readonly Segment[], reach: number): Segment[] {
  const ids = new Set(cited.map(({ id }) => id))
  const near = new Set(
    segments.flatMap(({ id }, i) => (ids.has(id) ? Array.from({ length: 2 * reach + 1 }, (_, k) => i - reach + k) : [])),
  )
  return segments.filter((_, i) => near.has(i))
}

export const textOf = (segments: readonly Segment[]): string => segments.map(({ text }) => text).join('. ')

function firstWords(proof: readonly Segment[], { clauses }: CheckContext): string {
  const clause = clauses.find(({ segmentId }) => segmentId === proof[0]!.id)
  return clause ? quoteOf(clause) : proof[0]!.text
}

export function knownNames(participants: readonly Participant[], segments: readonly Segment[]): Set<string> {
  const roster = participants.flatMap(({ name }) => (name ? tokenize(name).map(({ plain }) => plain) : []))
  const spoken = segments.flatMap(({ text }) => tokenize(text).map(({ plain }) => plain))
  return new Set([...roster, ...spoken.filter(isGivenName)])
}

function toItem(
  kind: ItemKind,
  text: string,
  raw: Raw,
  proof: readonly Segment[],
  photos: readonly Photo[],
  quote: string,
  context: CheckContext,
): Item {
  const evidence = `${textOf(around(proof, context.segments, 2))}. ${allOf(photos)}`
  const supported = (sentence: string): boolean => inventedTokens(sentence, evidence, context.names).length === 0
  const description = withoutKeys(raw.description ?? '')
  const isFounded =
    description !== '' &&
    !isForeign(description, context) &&
    supported(description) &&
    containment(description, evidence, context.language) >= MIN_OVERLAP
  const why = withoutKeys(raw.why ?? '')
  return {
    kind,
    text: text.replace(/[.\s]+$/u, ''),
    description: isFounded ? description : proof.map((segment) => `«${segment.text}»`).join(' '),
    steps: (raw.steps ?? [])
      .map(withoutKeys)
      .filter(
        (step) =>
          step !== '' && !isForeign(step, context) && supported(step) && containment(step, evidence, context.language) >= 0.5,
      ),
    why: supported(why) && !isForeign(why, context) ? why : '',
    severity: kind === 'risk' ? (raw.severity ?? 'medium') : null,
    source: 'said',
    owner: kind === 'action' ? ownerOf(raw.owner ?? null, proof, context) : null,
    due: kind === 'action' ? (dueOf(raw.due_text ?? null, proof, context) ?? dueInLines(text, proof, context)) : null,
    evidence: proof.map(({ id }) => id),
    photos: photos.map(({ frame }) => frame.frame_id),
    quote,
    confidence: raw.kind === 'inferred' ? 0.65 : 0.8,
    at: proof[0]!.start,
  }
}

/** A letter of the roster, the name of a participant, or a name that was said; anything else is nobody. */
function ownerOf(owner: string | null, proof: readonly Segment[], context: CheckContext): Item['owner'] {
  const { participants, labels, segments } = context
  const named = (speaker: string): Item['owner'] => {
    const name = participants.find((person) => person.speaker === speaker)?.name
    return name ? { speaker, name } : { speaker }
  }
  if (owner !== null) {
    const label = labels.get(
      owner
        .replace(/^(?:hablante|speaker)\s+/iu, '')
        .trim()
        .toUpperCase(),
    )
    if (label) return named(label)
    const plain = fold(owner)
    const person = participants.find(({ name }) => name !== undefined && fold(name) === plain)
    if (person) return named(person.speaker)
    const isSaid = segments.some(({ text }) =>
      ` ${tokenize(text)
        .map((token) => token.plain)
        .join(' ')} `.includes(` ${plain} `),
    )
    if (isSaid && plain.length >= 3 && tokenize(owner).length <= 3 && /^\p{Lu}/u.test(owner)) return { name: owner }
  }
  const promised = context.clauses.find(
    (clause) =>
      proof.some(({ id }) => id === clause.segmentId) &&
      clause.speaker !== '?' &&
      cuesOf(clause).task(clause)?.owner === 'speaker',
  )
  return promised ? named(promised.speaker) : null
}

/** Dates are worked out in code, from words that were said. */
function dueOf(
  words: string | null,
  proof: readonly Segment[],
  { segments, clauses, reference }: CheckContext,
): DateMention | null {
  if (words === null) return null
  const evidence = tokenize(textOf(around(proof, segments, 1)))
    .map(({ plain }) => plain)
    .join(' ')
  const said = tokenize(words)
    .map(({ plain }) => plain)
    .join(' ')
  if (said === '' || !` ${evidence} `.includes(` ${said} `)) return null
  const holder = clauses.find(({ segmentId, plain }) => plain.includes(said) && proof.some(({ id }) => id === segmentId))
  return resolveDate(words, holder ? inLanguage(reference, holder) : reference)
}

/** Where the model tells no day that was said: the last one in a clause of its lines that gives the task. */
function dueInLines(text: string, proof: readonly Segment[], { clauses, language, reference }: CheckContext): DateMention | null {
  const dates = clauses.flatMap((clause) => {
    const cues = cuesOf(clause)
    const cue = proof.some(({ id }) => id === clause.segmentId) ? cues.task(clause) : null
    if (!cue || cues.vetoesTask(clause) || cues.cannot.test(clause.plain)) return []
    if (!cue.pronoun && containment(text, clause.text, language) === 0) return []
    const due = resolveDate(clause.text, inLanguage(reference, clause))
    return due?.iso === undefined ? [] : [due]
  })
  return dates.at(-1) ?? null
}
