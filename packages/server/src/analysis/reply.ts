import { cuesOf } from './cue-sets.ts'
import type { TaskCue } from './cues.ts'
import { type DateMention, type DateReference, findDates, inLanguage, resolveDate } from './dates.ts'
import { contentStems } from './statements.ts'
import type { Talk } from './talk.ts'
import { type Clause, plainOf } from './text/clauses.ts'
import { tokenize } from './text/tokens.ts'

/** What the one who is asked says to it: yes, no, or no to that day and yes to another. Pure. */

export interface Reply {
  kind: 'accepted' | 'refused' | 'other'
  /** First clause of the reply. */
  answer: Clause
  /** Clauses that carry it. */
  support: Clause[]
  /** The date that was agreed on; null where the one asked for was refused; undefined where none was spoken of. */
  due: DateMention | null | undefined
  /** Who replies says what they will do. */
  commits: boolean
  /** Its words, without what cannot be. */
  said: string
  /** Says “no puedo” rather than “no”. */
  unable: boolean
}

/** How far a reply is looked for: longer turns are speeches. */
const MAX_TURN_CLAUSES = 20
/** Clauses of a turn that are part of the reply. */
const MAX_REPLY = 4
/** A counter-proposal is short: “¿Y el viernes?” */
const MAX_COUNTER_WORDS = 8
/** “El viernes.”, “On Friday then.” */
const MAX_DATE_WORDS = 4

/** In text without marks too, a new thought begins at these. */
const PARTS =
  /[,;:]\s*|\s+(?=(?:pero|mejor|but|i'll|i can(?!['’]t|not)|i could|(?:(?:te|se|os|le|les)\s+)?(?:lo|la|los|las)\s+\p{L}{2,}o)(?=\s|$))/iu
const OFFERS =
  /(?:^| )(?:si|mejor|puedo|podria|me (?:va|viene) (?:bien|mejor)|works?|i can|i could|better|instead|how about|what about|is fine)(?: |$)/u
const AGREES = /(?:^| )(?:vale|de acuerdo|perfecto|genial|bien|fine|great|good|perfect|ok|okay)$/u

/** @returns null where no other voice answers */
export function replyTo(clause: Clause, cue: TaskCue, talk: Talk, reference: DateReference): Reply | null {
  const answer = answerTo(clause, talk)
  if (!answer) return null
  const turn = talk.clauses.slice(answer.index, answer.index + MAX_REPLY).filter((other) => other.turn === answer.turn)
  const parts = turn.filter(({ question }) => !question).flatMap(partsOf)
  const isYes = cuesOf(answer).acceptance.test(answer.plain)
  const refusing = parts.filter((part, i) => refuses(part, i === 0) && !(isYes && isOfElse(part, clause, reference)))
  const unable = refusing.some((part) => cuesOf(part).cannot.test(part.plain))
  const base = { answer, commits: false, due: undefined, unable, said: saidIn(turn) }
  if (refusing.length === 0) return { ...base, kind: isYes ? 'accepted' : 'other', support: [answer] }
  const rest = parts.filter((part) => !refusing.includes(part))
  const isDayRefused = refusing.some((part) => datesIn(part, reference).length > 0)
  const due = isDayRefused ? null : undefined
  const other = rest.find((part) => isAlternative(part, cue, reference))
  if (other) {
    const date = datesIn(other, reference).findLast(({ iso }) => iso !== undefined)
    const support = turn.filter(({ index }) => index === other.index || index === answer.index)
    return { ...base, kind: 'accepted', support, due: date ?? due, commits: true }
  }
  return counter(answer, talk, reference) ?? { ...base, kind: isYes ? 'accepted' : 'refused', support: [answer], due }
}

/** True for a task that whoever is to do it refuses, or that nobody wants done. @param nameOf - speaker → name */
export function isTurnedDown(cue: TaskCue, asked: Clause, reply: Reply, nameOf: ReadonlyMap<string, string>): boolean {
  const { answer, kind, unable } = reply
  if (cue.owner === 'speaker') return declines(answer, asked)
  if (kind !== 'refused') return false
  if (cue.owner !== null && typeof cue.owner === 'object') return unable && isNamed(cue.owner.name, answer, nameOf)
  // What must be done must be done, though this one cannot.
  return cue.form !== 'obligation' || cuesOf(answer).refusal.test(answer.plain)
}

/** “no hace falta”: unless it goes on about something else. */
function declines(answer: Clause, asked: Clause): boolean {
  const cues = cuesOf(answer)
  if (!cues.declines.test(answer.plain)) return false
  const rest = contentStems(tokenize(answer.plain.replace(cues.declines, ' ')), answer.language)
  return rest.isSubsetOf(contentStems(asked.tokens, asked.language))
}

function isNamed(name: string, { speaker }: Clause, nameOf: ReadonlyMap<string, string>): boolean {
  return (nameOf.get(speaker) ?? name) === name
}

/** A task in this clause that was refused. */
export function isRefused(clause: Clause, talk: Talk, reference: DateReference, nameOf: ReadonlyMap<string, string>): boolean {
  const cue = cuesOf(clause).task(clause)
  const reply = cue && replyTo(clause, cue, talk, reference)
  return cue !== null && reply !== null && isTurnedDown(cue, clause, reply, nameOf)
}

/** The next clause, if another voice says it. */
function answerTo(clause: Clause, { clauses }: Talk): Clause | null {
  const next = clauses.slice(clause.index, clause.index + MAX_TURN_CLAUSES).find((other) => other.turn === clause.turn + 1)
  return next && next.speaker !== clause.speaker ? next : null
}

/** The clause as parts, each with the clause's place. */
function partsOf(clause: Clause): Clause[] {
  return clause.text.split(PARTS).flatMap((text) => {
    const tokens = tokenize(text)
    return tokens.length === 0 ? [] : [{ ...clause, text, tokens, plain: plainOf(tokens) }]
  })
}

const saidIn = (turn: readonly Clause[]): string =>
  turn
    .flatMap(partsOf)
    .filter((part) => !cuesOf(part).cannot.test(part.plain))
    .map(({ text }) => text)
    .join(', ')

function refuses(part: Clause, isFirst: boolean): boolean {
  const cues = cuesOf(part)
  return cues.cannot.test(part.plain) || (isFirst && cues.refusal.test(part.plain))
}

/** “Vale, pero no puedo ir a la cena”: of another matter than what was asked for. */
function isOfElse(part: Clause, asked: Clause, reference: DateReference): boolean {
  const dates = datesIn(part, reference)
  const bare = dates.reduceRight((text, { start, end }) => `${text.slice(0, start)} ${text.slice(end)}`, part.text)
  return !contentStems(tokenize(bare), part.language).isSubsetOf(contentStems(asked.tokens, asked.language))
}

/** “lo hago el viernes”, “el viernes sí”, “Friday works”. */
function isAlternative(part: Clause, cue: TaskCue, reference: DateReference): boolean {
  const cues = cuesOf(part)
  const own = cues.task(part)
  if (own?.owner === 'speaker' && (own.pronoun || own.verb === cue.verb)) return true
  if (cues.takesOn.test(part.plain)) return true
  const isDated = datesIn(part, reference).some(({ iso }) => iso !== undefined)
  return isDated && (OFFERS.test(part.plain) || part.tokens.length <= MAX_DATE_WORDS)
}

/** “El jueves no puedo.” – “¿Y el viernes?” – “El viernes vale.” */
function counter(refused: Clause, talk: Talk, reference: DateReference): Reply | null {
  const offer = [...talk.after(refused, 1)].find(
    (clause) =>
      clause.turn > refused.turn &&
      clause.tokens.length <= MAX_COUNTER_WORDS &&
      resolveDate(clause.text, inLanguage(reference, clause))?.iso !== undefined,
  )
  const answer = offer ? answerTo(offer, talk) : null
  if (!offer || !answer || answer.speaker !== refused.speaker || !agrees(answer)) return null
  const due = resolveDate(answer.text, inLanguage(reference, answer)) ?? resolveDate(offer.text, inLanguage(reference, offer))
  return { kind: 'accepted', answer, support: [offer, answer], due, commits: false, unable: true, said: answer.text }
}

function agrees(clause: Clause): boolean {
  if (partsOf(clause).some((part, i) => refuses(part, i === 0))) return false
  return cuesOf(clause).acceptance.test(clause.plain) || OFFERS.test(clause.plain) || AGREES.test(clause.plain)
}

const datesIn = (part: Clause, reference: DateReference): DateMention[] => findDates(part.text, inLanguage(reference, part))
