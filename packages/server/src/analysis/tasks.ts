import { setImmediate } from 'node:timers/promises'
import type { ActionItem } from '@vigia/protocol'
import { cuesOf } from './cue-sets.ts'
import type { TaskCue } from './cues.ts'
import { type DateMention, type DateReference, findDates, inLanguage, resolveDate } from './dates.ts'
import { dateNear } from './due-near.ts'
import { isTurnedDown, type Reply, replyTo } from './reply.ts'
import { confidenceOf, contentStems, evidenceOf, isDisregarded, quoteOf } from './statements.ts'
import { TakenBack } from './taken-back.ts'
import type { Talk } from './talk.ts'
import type { Clause } from './text/clauses.ts'
import { SimilarSets } from './text/similar.ts'
import { taskEnd, taskTitle } from './titles.ts'

/** Tasks out of clauses: cues give points, neighbours give acceptance, owner and corrections. Pure. */

/** Points from which a cue is a task: one form that binds, and an object, a time or an acceptance. */
const ENOUGH = 3
/** Tasks that share this much of their words are one. */
const SAME_TASK = 0.6

/** Clauses read before the event loop turns: some 10 ms. */
const CLAUSES_AT_ONCE = 250

/** A task on its way to the report. */
export interface TaskDraft {
  cue: TaskCue
  clause: Clause
  support: Clause[]
  score: number
  title: string
  stems: Set<string>
  due: DateMention | null
  owner: { speaker?: string; name?: string } | null
}

export interface TaskContext {
  talk: Talk
  reference: DateReference
  /** Suggested names by speaker, and back. */
  nameOf: ReadonlyMap<string, string>
}

/** The tasks of a session, in the order they were said. */
export async function findTasks(context: TaskContext): Promise<Omit<ActionItem, 'id'>[]> {
  const { talk } = context
  const drafts: TaskDraft[] = []
  for (const clause of talk.clauses) {
    addFrom(drafts, clause, context)
    if (clause.index % CLAUSES_AT_ONCE === CLAUSES_AT_ONCE - 1) await setImmediate()
  }
  const takenBack = new TakenBack(talk)
  for (const draft of drafts) if (!draft.due) takeDateNear(draft, context)
  const kept = drafts.filter((draft) => draft.score >= ENOUGH && !takenBack.has(draft))
  return mergeSame(kept, talk).map((draft) => toItem(draft, talk.clauses.length))
}

function takeDateNear(draft: TaskDraft, { talk, reference }: TaskContext): void {
  const near = dateNear(draft.clause, talk, reference)
  if (!near) return
  draft.due = near.due
  draft.support.push(near.clause)
}

function addFrom(found: TaskDraft[], clause: Clause, context: TaskContext): void {
  const { clauses } = context.talk
  const cues = cuesOf(clause)
  const last = found.at(-1)
  const isNear = last !== undefined && clause.turn - last.clause.turn <= 1
  if (isNear && takesOver(last, clause, context)) return
  if (isNear && correctsDue(last, clause, context)) return
  if (cues.vetoesTask(clause) || isDisregarded(clause, clauses)) return
  const cue = cues.task(clause)
  if (!cue || (clause.question && cue.form !== 'request')) return
  if (isNear && repeats(last, cue, clause, context)) return
  const draft = toDraft(cue, clause, context)
  if (draft) found.push(draft)
}

function toDraft(cue: TaskCue, clause: Clause, context: TaskContext): TaskDraft | null {
  const { reference, talk } = context
  const due = dueOf(clause, cue, reference)
  const words = clause.tokens.slice(cue.objectFrom)
  const object = contentStems(words, clause.language)
  const title = taskTitle(cue, clause, context)
  const reply = replyTo(clause, cue, talk, reference)
  if (reply && isTurnedDown(cue, clause, reply, context.nameOf)) return null
  const isAccepted = cue.form !== 'commitment' && reply?.kind === 'accepted'
  const asked = cue.form === 'obligation' && reply?.due === null ? null : due
  const score = cue.weight + (asked ? 1 : 0) + (object.size > 0 || cue.pronoun ? 1 : 0) + (isAccepted ? 1 : 0)
  const stems = contentStems([...clause.tokens.slice(cue.from)], clause.language)
  const promised = isAccepted ? answerDate(reply, context) : null
  return {
    cue,
    clause,
    support: [clause, ...(isAccepted ? reply.support : [])],
    score,
    title,
    stems,
    due: isAccepted && reply.due !== undefined ? reply.due : (promised ?? asked),
    owner: ownerOf(cue, clause, isAccepted ? reply : null, context),
  }
}

function dueOf(clause: Clause, cue: TaskCue, reference: DateReference): DateMention | null {
  return resolveDate(clause.text.slice(0, taskEnd(clause, cue)), inLanguage(reference, clause))
}

/** “sí, se lo mando mañana”: who takes it on says when; the rest of the turn counts too. */
function answerDate({ answer, said }: Reply, { reference }: TaskContext): DateMention | null {
  const date = resolveDate(said, inLanguage(reference, answer))
  return date?.iso === undefined ? null : date
}

function ownerOf(cue: TaskCue, clause: Clause, reply: Reply | null, { talk, nameOf }: TaskContext): TaskDraft['owner'] {
  const answer = reply?.answer ?? null
  if (cue.owner === 'speaker') return person(clause.speaker, nameOf)
  if (cue.owner !== null && typeof cue.owner === 'object') return named(cue.owner.name, nameOf)
  if (cue.form === 'obligation')
    return answer && (reply?.commits || /(?:^| )(?:yo|i|me)(?: |$)/u.test(answer.plain)) ? person(answer.speaker, nameOf) : null
  if (cue.owner !== 'addressee') return null
  if (answer) return person(answer.speaker, nameOf)
  for (const next of talk.after(clause, 1)) if (next.speaker !== clause.speaker) return person(next.speaker, nameOf)
  const others = [...talk.speakers].filter((speaker) => speaker !== clause.speaker)
  return others.length === 1 ? person(others[0]!, nameOf) : null
}

function person(speaker: string, nameOf: ReadonlyMap<string, string>): TaskDraft['owner'] {
  if (speaker === '?') return null
  const name = nameOf.get(speaker)
  return name ? { speaker, name } : { speaker }
}

function named(name: string, nameOf: ReadonlyMap<string, string>): TaskDraft['owner'] {
  const speaker = [...nameOf].find(([, known]) => known === name)?.[0]
  return speaker ? { speaker, name } : { name }
}

/** “yo me encargo”: the task before gets an owner, and this clause as evidence. */
function takesOver(last: TaskDraft, clause: Clause, { talk, nameOf, reference }: TaskContext): boolean {
  const cues = cuesOf(clause)
  if (!cues.takesOn.test(clause.plain) || cues.vetoesTask(clause) || last.cue.owner === 'speaker') return false
  if (talk.stemsOf(clause).size > 3) return false
  last.owner = person(clause.speaker, nameOf)
  last.due = resolveDate(clause.text, inLanguage(reference, clause)) ?? last.due
  last.score += 1
  last.support.push(clause)
  return true
}

/** “tráigame los análisis” – “se los traigo”: the same verb with a pronoun, by the other one, is an acceptance. */
function repeats(last: TaskDraft, cue: TaskCue, clause: Clause, { reference }: TaskContext): boolean {
  if (!cue.pronoun || cue.verb !== last.cue.verb || cue.owner !== 'speaker' || clause.speaker === last.clause.speaker)
    return false
  last.score += 1
  last.due = resolveDate(clause.text, inLanguage(reference, clause)) ?? last.due
  if (!last.support.includes(clause)) last.support.push(clause)
  return true
}

/** “no, mejor el martes”: the date of the task before is replaced. */
function correctsDue(last: TaskDraft, clause: Clause, { reference }: TaskContext): boolean {
  if (!/(?:^| )(?:mejor|rather|make (?:it|that)|instead|perdon|no)(?: |$)/u.test(clause.plain) || cuesOf(clause).task(clause))
    return false
  if (cuesOf(clause).cannot.test(clause.plain)) return false
  const due = findDates(clause.text, inLanguage(reference, clause)).findLast((mention) => mention.iso !== undefined)
  if (!due || clause.tokens.length > 8) return false
  last.due = due
  last.support.push(clause)
  return true
}

/** Joins a task that is said twice: evidence of both, wording and date of the later where it has one. */
function mergeSame(drafts: readonly TaskDraft[], talk: Talk): TaskDraft[] {
  const merged: TaskDraft[] = []
  const alike = new SimilarSets<TaskDraft>(SAME_TASK, (stem) => talk.frequencyOf(stem))
  for (const draft of drafts) {
    const same = alike.first(draft.stems, (other) => areCompatible(other, draft))
    if (!same) {
      merged.push(draft)
      alike.add(draft.stems, draft)
      continue
    }
    same.support.push(...draft.support)
    same.due = draft.due ?? same.due
    same.owner = draft.owner ?? same.owner
    same.score = Math.max(same.score, draft.score)
  }
  return merged
}

function areCompatible(a: TaskDraft, b: TaskDraft): boolean {
  const key = ({ owner }: TaskDraft) => owner?.speaker ?? owner?.name
  return key(a) === undefined || key(b) === undefined || key(a) === key(b)
}

function toItem(draft: TaskDraft, count: number): Omit<ActionItem, 'id'> {
  const { clause, due, support } = draft
  const evidence = evidenceOf(support)
  return {
    title: draft.title,
    description: [...new Set(support.map(({ text }) => text))].map((text) => `«${text.replace(/[\s,;]+$/u, '')}»`).join(' '),
    steps: [],
    owner: draft.owner,
    due: due ? { ...(due.iso ? { iso: due.iso } : {}), text: due.text, certainty: due.certainty } : null,
    evidence,
    quote: quoteOf(clause, draft.cue.from),
    confidence: confidenceOf(draft.score, clause, count),
    status: 'open',
    origin: 'cue',
  }
}
