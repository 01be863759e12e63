import type { Finding, Severity } from '@vigia/protocol'
import { cuesOf } from './cue-sets.ts'
import type { CueSet } from './cues.ts'
import { type DateReference, findDates, inLanguage } from './dates.ts'
import { MatterIndex } from './revocation.ts'
import { asStatement, confidenceOf, contentStems, evidenceOf, isDisregarded, quoteOf } from './statements.ts'
import type { Talk } from './talk.ts'
import type { Clause } from './text/clauses.ts'
import { capitalize } from './text/fold.ts'
import { isGivenName } from './text/names.ts'
import { SimilarSets } from './text/similar.ts'
import { tokenize } from './text/tokens.ts'

/** Decisions, risks and open questions out of clauses. Pure. */

export interface FindingContext {
  talk: Talk
  reference: DateReference
}

/** A finding before it has an id; `supersedes` counts in the list it is part of. */
export type FindingDraft = Omit<Finding, 'id' | 'supersedes'> & { supersedes?: number }

/** Statements that share this much of their words say the same. */
const SAME = 0.6
/** Turns within which a question may be answered. */
const ANSWER_TURNS = 3
/** Turns before “no lo sé” within which the question was asked. */
const ASKED_TURNS = 2
/** Turns before “ese es el riesgo” within which the risk was told. */
const POINTING_TURNS = 6

interface Decision {
  stems: ReadonlySet<string>
  draft: FindingDraft
  /** Place in the list. */
  at: number
}

/** Decisions in order; one that a later one revokes has the status `superseded`. */
export function findDecisions({ talk, reference }: FindingContext): FindingDraft[] {
  const { clauses } = talk
  const found: Decision[] = []
  const alike = similar<Decision>(talk)
  const matters = new MatterIndex<Decision>(stands)
  for (const clause of clauses) {
    const cues = cuesOf(clause)
    if (clause.question || cues.decisionVeto.test(clause.plain) || isDisregarded(clause, clauses)) continue
    const subject = decidedIn(clause, talk, reference)
    if (!subject) continue
    const stems = talk.stemsOf(subject)
    const draft = toDraft('decision', [subject, clause], asDecision(subject), subject, 3, clauses.length)
    const isRevoking = cues.revocation.test(clause.plain)
    const same = isRevoking ? undefined : alike.first(stems, stands)
    if (same) {
      same.draft.evidence = [...new Set([...same.draft.evidence, ...draft.evidence])]
      continue
    }
    const revoked = isRevoking ? matters.latest(stems, replacedBy(clause)) : undefined
    if (revoked) {
      revoked.draft.status = 'superseded'
      draft.supersedes = revoked.at
    }
    const decision = { stems, draft, at: found.length }
    found.push(decision)
    alike.add(stems, decision)
    matters.add(stems, decision)
  }
  return found.map(({ draft }) => draft)
}

const similar = <T>(talk: Talk): SimilarSets<T> => new SimilarSets<T>(SAME, (stem) => talk.frequencyOf(stem))
const stands = ({ draft }: Decision): boolean => draft.status !== 'superseded'

/** “en vez de Norte”: what is named there is what was decided before. */
function replacedBy(clause: Clause): Set<string> {
  const named = /(?:en vez de|en lugar de|instead of|rather than) (.+)$/u.exec(clause.plain)?.[1]
  return named === undefined ? new Set() : contentStems(tokenize(named), clause.language)
}

/** The clause that tells what was decided: this one, or, where it only says that it is, the one that was said before. */
function decidedIn(clause: Clause, talk: Talk, reference: DateReference): Clause | null {
  const { clauses } = talk
  const cues = cuesOf(clause)
  const isTold = cues.decision.test(clause.plain) || settlesDate(clause, clauses, inLanguage(reference, clause))
  const settles = cues.settlesBefore.exec(clause.plain)
  const rest = settles ? contentStems(tokenize(clause.plain.replace(settles[0], ' ')), cues.language) : null
  if (isTold && (rest ?? talk.stemsOf(clause)).size >= 2) return clause
  if (!rest) return null
  if (rest.size >= 2) return clause
  const before = clauses
    .slice(Math.max(0, clause.index - 4), clause.index)
    .findLast((other) => clause.turn - other.turn <= 1 && talk.stemsOf(other).size >= 2)
  return before && !isDisregarded(before, clauses) ? before : null
}

/** What was decided, without “decidimos”. */
function asDecision(clause: Clause): string {
  const statement = asStatement(clause)
  const bare = statement.replace(
    /^(?:decidimos|hemos decidido|acordamos|hemos acordado|we(?:'ve| have)? decided to|we(?:'ve| have)? agreed to) /iu,
    '',
  )
  return bare.split(' ').length >= 3 ? capitalize(bare) : statement
}

/** “sí, el lanzamiento será el quince de mayo”: fixes a date, in answer or on its own. */
function settlesDate(clause: Clause, clauses: readonly Clause[], reference: DateReference): boolean {
  const cues = cuesOf(clause)
  if (!cues.settlesDate.test(clause.plain)) return false
  const date = findDates(clause.text, reference).find(({ iso, certainty }) => iso !== undefined && certainty === 'firm')
  if (!date) return false
  const before = clause.text.slice(0, date.start)
  const isDirect =
    clause.language === 'es'
      ? /(?:será|sera|serán|queda|quedan|fijamos|mantenemos)\s+(?:\p{L}+\s+){0,2}$/iu
      : /(?:will be|is set for|is scheduled for|stays|remains|is)\s+(?:\p{L}+\s+){0,1}$/iu
  if (!isDirect.test(before)) return false
  const asked = clauses
    .slice(Math.max(0, clause.index - 3), clause.index)
    .some(({ turn, question }) => question && turn === clause.turn - 1)
  const isAffirmed =
    cues.acceptance.test(clause.plain) ||
    clauses
      .slice(Math.max(0, clause.index - 2), clause.index)
      .some((other) => other.turn === clause.turn && cuesOf(other).acceptance.test(other.plain))
  return asked || isAffirmed || /(?:será|sera|fijamos|queda|will be|is set for)/iu.test(before)
}

/** Risks that somebody states; “ese es el riesgo” points at what was said just before. */
export function findRisks({ talk }: FindingContext): FindingDraft[] {
  const { clauses } = talk
  const found: FindingDraft[] = []
  const alike = similar<FindingDraft>(talk)
  for (const clause of clauses) {
    const cues = cuesOf(clause)
    const isPointing = cues.riskBefore.test(clause.plain)
    if (!isPointing && (!cues.risk.test(clause.plain) || clause.question)) continue
    if (cues.riskVeto.test(clause.plain) || isDisregarded(clause, clauses)) continue
    const told = isPointing ? statementBefore(clause, talk) : undefined
    const subject = told ?? clause
    const stems = talk.stemsOf(subject)
    const severity = severityOf(told ? `${subject.plain} ${clause.plain}` : clause.plain, cues)
    const same = alike.first(stems)
    if (same) {
      same.evidence = [...new Set([...same.evidence, ...evidenceOf([subject, clause])])]
      same.severity = worse(same.severity, severity)
      continue
    }
    if (stems.size === 0) continue
    const draft: FindingDraft = {
      ...toDraft('risk', [subject, clause], asStatement(subject), subject, 3, clauses.length),
      severity,
      source: 'said',
    }
    found.push(draft)
    alike.add(stems, draft)
  }
  return found
}

function statementBefore(clause: Clause, talk: Talk): Clause | undefined {
  for (const earlier of talk.before(clause, POINTING_TURNS)) if (earlier.tokens.length >= 3 && !earlier.question) return earlier
  return undefined
}

function severityOf(plain: string, cues: CueSet): Severity {
  if (cues.mild.test(plain)) return 'low'
  return cues.severe.test(plain) ? 'high' : 'medium'
}

function worse(a: Severity | undefined, b: Severity): Severity {
  const order: Severity[] = ['low', 'medium', 'high']
  return order[Math.max(order.indexOf(a ?? 'low'), order.indexOf(b))]!
}

/** Questions that nobody answered within three turns, and what somebody says is not known. */
export function findQuestions({ talk, reference }: FindingContext): FindingDraft[] {
  const { clauses } = talk
  const found: FindingDraft[] = []
  const alike = similar<FindingDraft>(talk)
  for (const clause of clauses) {
    if (isDisregarded(clause, clauses)) continue
    const subject = openIn(clause, talk, reference)
    if (!subject) continue
    const stems = talk.stemsOf(subject)
    if (stems.size === 0) continue
    const same = alike.first(stems)
    if (same) {
      same.evidence = [...new Set([...same.evidence, ...evidenceOf([clause])])]
      continue
    }
    const draft = toDraft('question', [subject, clause], asQuestion(subject), subject, 2.5, clauses.length)
    found.push(draft)
    alike.add(stems, draft)
  }
  return found
}

/** The clause that tells what is open: this one, or the question that it answers with “no lo sé”. */
function openIn(clause: Clause, talk: Talk, reference: DateReference): Clause | null {
  const cues = cuesOf(clause)
  if (!clause.question && cues.unknown.test(clause.plain)) {
    if (talk.isSettledLater(clause)) return null
    const asked = askedBefore(clause, talk)
    return asked && (talk.stemsOf(clause).size < 2 || isReply(clause, asked)) ? asked : clause
  }
  const isAsked = clause.question && cues.question.test(clause.plain.replace(/^(?:\S+ )?(?=quien|cuando|cuanto|cual|donde)/u, ''))
  return isAsked && !isAnswered(clause, talk, reference) ? clause : null
}

/** “no lo sé, lo pregunto”: the answer of another voice to a question. */
function isReply(clause: Clause, asked: Clause): boolean {
  return clause.speaker !== asked.speaker && clause.turn - asked.turn <= 1
}

function asQuestion(clause: Clause): string {
  const text = asStatement(clause).replace(/^¿|\?$/gu, '')
  if (!clause.question) return text
  return clause.language === 'es' ? `¿${text.replace(/\?+$/u, '')}?` : `${text.replace(/\?+$/u, '')}?`
}

function askedBefore(clause: Clause, talk: Talk): Clause | undefined {
  for (const earlier of talk.before(clause, ASKED_TURNS)) if (earlier.question && talk.stemsOf(earlier).size > 0) return earlier
  return undefined
}

/** An answer: yes or no, a time, a number or a name where one was asked for, or a full statement of another voice. */
function isAnswered(clause: Clause, talk: Talk, reference: DateReference): boolean {
  const wants = /(?:^| )(?:quien(?:es)?|cuando|cuant[oa]s?|donde|cual(?:es)?|who|when|where|which|how (?:much|many))(?: |$)/u
    .exec(clause.plain)?.[0]
    .trim()
  if (talk.isSettledLater(clause)) return true
  const answers = [...talk.after(clause, ANSWER_TURNS)]
  if (answers.some((later) => cuesOf(later).decision.test(later.plain) && !cuesOf(later).decisionVeto.test(later.plain)))
    return true
  for (const answer of answers) {
    if (answer.question) continue
    if (cuesOf(answer).unknown.test(answer.plain) || /(?:^| )(?:ni idea|no se|i don't know|no idea)(?: |$)/u.test(answer.plain))
      return false
    if (answer.speaker === clause.speaker && answers.some(({ speaker }) => speaker !== clause.speaker)) continue
    if (wants ? givesDetail(wants, answer, reference) : talk.stemsOf(answer).size >= 1) return true
  }
  return false
}

function givesDetail(wants: string, answer: Clause, reference: DateReference): boolean {
  if (findDates(answer.text, inLanguage(reference, answer)).length > 0) return true
  if (/^(?:quien|who)/u.test(wants))
    return (
      answer.tokens.some(
        ({ text, plain }, i) => /^(?:yo|me|i'll|i)$/u.test(plain) || (i > 0 && /^\p{Lu}\p{Ll}/u.test(text)) || isGivenName(plain),
      ) || answer.tokens.length <= 2
    )
  if (/^(?:cuant|how)/u.test(wants)) return answer.tokens.some(({ plain }) => /\d/u.test(plain) || NUMBER.test(plain))
  if (/^(?:cuando|when)/u.test(wants)) return false
  return answer.tokens.length >= 2
}

const NUMBER =
  /^(?:un[oa]?|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|quince|veinte|treinta|cuarenta|cincuenta|cien|ciento|mil|millon|millones|one|two|three|four|five|six|seven|eight|nine|ten|twenty|hundred|thousand)$/u

function toDraft(
  kind: Finding['kind'],
  support: readonly Clause[],
  text: string,
  quoted: Clause,
  score: number,
  count: number,
): FindingDraft {
  return {
    kind,
    text,
    evidence: evidenceOf(support),
    quote: quoteOf(quoted),
    confidence: confidenceOf(score, quoted, count),
    origin: 'cue',
    status: 'open',
  }
}
