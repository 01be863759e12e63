import type { Finding, Severity } from '@vigia/protocol'
import type { CueSet } from './cues.ts'
import { type DateReference, findDates } from './dates.ts'
import { asStatement, confidenceOf, contentStems, evidenceOf, isDisregarded, quoteOf } from './statements.ts'
import type { Clause } from './text/clauses.ts'
import { capitalize } from './text/fold.ts'
import { isGivenName } from './text/names.ts'
import { jaccard } from './text/stem.ts'
import { tokenize } from './text/tokens.ts'

/** Decisions, risks and open questions out of clauses. Pure. */

export interface FindingContext {
  clauses: readonly Clause[]
  cues: CueSet
  reference: DateReference
}

/** A finding before it has an id; `supersedes` counts in the list it is part of. */
export type FindingDraft = Omit<Finding, 'id' | 'supersedes'> & { supersedes?: number }

/** Statements that share this much of their words say the same. */
const SAME = 0.6
/** A later decision with a mark of revocation replaces an earlier one if this share of the shorter is common to both. */
const REVOKES = 0.3
/** Turns within which a question may be answered. */
const ANSWER_TURNS = 3

/** Decisions in order; one that a later one revokes has the status `superseded`. */
export function findDecisions({ clauses, cues, reference }: FindingContext): FindingDraft[] {
  const found: { clause: Clause; stems: Set<string>; draft: FindingDraft }[] = []
  for (const clause of clauses) {
    if (clause.question || cues.decisionVeto.test(clause.plain) || isDisregarded(clause, clauses, cues)) continue
    const subject = decidedIn(clause, clauses, cues, reference)
    if (!subject) continue
    const stems = contentStems(subject.tokens, cues.language)
    const draft = toDraft('decision', [subject, clause], asDecision(subject, cues), subject, 3, clauses.length)
    const earlier = found.filter(({ draft: other }) => other.status !== 'superseded')
    const same = earlier.find((other) => jaccard(other.stems, stems) >= SAME && !cues.revocation.test(clause.plain))
    if (same) {
      same.draft.evidence = [...new Set([...same.draft.evidence, ...draft.evidence])]
      continue
    }
    const revoked = cues.revocation.test(clause.plain)
      ? earlier.findLast((other) => isAbout(other.stems, stems) || isReplaced(other.stems, clause, cues))
      : undefined
    if (revoked) {
      revoked.draft.status = 'superseded'
      draft.supersedes = found.indexOf(revoked)
    }
    found.push({ clause, stems, draft })
  }
  return found.map(({ draft }) => draft)
}

/** The clause that tells what was decided: this one, or, where it only says that it is, the one that was said before. */
function decidedIn(clause: Clause, clauses: readonly Clause[], cues: CueSet, reference: DateReference): Clause | null {
  const isTold = cues.decision.test(clause.plain) || settlesDate(clause, clauses, cues, reference)
  const settles = cues.settlesBefore.exec(clause.plain)
  const rest = settles ? contentStems(tokenize(clause.plain.replace(settles[0], ' ')), cues.language) : null
  if (isTold && (rest ?? contentStems(clause.tokens, cues.language)).size >= 2) return clause
  if (!rest) return null
  if (rest.size >= 2) return clause
  const before = clauses
    .slice(Math.max(0, clause.index - 4), clause.index)
    .findLast((other) => clause.turn - other.turn <= 1 && contentStems(other.tokens, cues.language).size >= 2)
  return before && !isDisregarded(before, clauses, cues) ? before : null
}

/** “en vez de Norte”: what is named there is what was decided before. */
function isReplaced(earlier: ReadonlySet<string>, clause: Clause, cues: CueSet): boolean {
  const named = /(?:en vez de|en lugar de|instead of|rather than) (.+)$/u.exec(clause.plain)?.[1]
  return named !== undefined && contentStems(tokenize(named), cues.language).intersection(earlier).size > 0
}

/** What was decided, without “decidimos”. */
function asDecision(clause: Clause, cues: CueSet): string {
  const statement = asStatement(clause, cues)
  const bare = statement.replace(
    /^(?:decidimos|hemos decidido|acordamos|hemos acordado|we(?:'ve| have)? decided to|we(?:'ve| have)? agreed to) /iu,
    '',
  )
  return bare.split(' ').length >= 3 ? capitalize(bare) : statement
}

function isAbout(earlier: ReadonlySet<string>, later: ReadonlySet<string>): boolean {
  const common = earlier.intersection(later).size
  return common >= 2 || common / Math.max(1, Math.min(earlier.size, later.size)) >= REVOKES
}

/** “sí, el lanzamiento será el quince de mayo”: fixes a date, in answer or on its own. */
function settlesDate(clause: Clause, clauses: readonly Clause[], cues: CueSet, reference: DateReference): boolean {
  if (!cues.settlesDate.test(clause.plain)) return false
  const date = findDates(clause.text, reference).find(({ iso, certainty }) => iso !== undefined && certainty === 'firm')
  if (!date) return false
  const before = clause.text.slice(0, date.start)
  const isDirect =
    cues.language === 'es'
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
      .some((other) => other.turn === clause.turn && cues.acceptance.test(other.plain))
  return asked || isAffirmed || /(?:será|sera|fijamos|queda|will be|is set for)/iu.test(before)
}

/** Risks that somebody states; “ese es el riesgo” points at what was said just before. */
export function findRisks({ clauses, cues }: FindingContext): FindingDraft[] {
  const found: { stems: Set<string>; draft: FindingDraft }[] = []
  for (const clause of clauses) {
    const isPointing = cues.riskBefore.test(clause.plain)
    if (!isPointing && (!cues.risk.test(clause.plain) || clause.question)) continue
    if (cues.riskVeto.test(clause.plain) || isDisregarded(clause, clauses, cues)) continue
    const told = isPointing
      ? clauses.slice(0, clause.index).findLast(({ tokens, question }) => tokens.length >= 3 && !question)
      : undefined
    const subject = told ?? clause
    const stems = contentStems(subject.tokens, cues.language)
    const severity = severityOf(told ? `${subject.plain} ${clause.plain}` : clause.plain, cues)
    const same = found.find((other) => jaccard(other.stems, stems) >= SAME)
    if (same) {
      same.draft.evidence = [...new Set([...same.draft.evidence, ...evidenceOf([subject, clause])])]
      same.draft.severity = worse(same.draft.severity, severity)
      continue
    }
    if (stems.size === 0) continue
    const draft = toDraft('risk', [subject, clause], asStatement(subject, cues), subject, 3, clauses.length)
    found.push({ stems, draft: { ...draft, severity, source: 'said' } })
  }
  return found.map(({ draft }) => draft)
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
export function findQuestions({ clauses, cues, reference }: FindingContext): FindingDraft[] {
  const found: { stems: Set<string>; draft: FindingDraft }[] = []
  for (const clause of clauses) {
    if (isDisregarded(clause, clauses, cues)) continue
    const stems = contentStems(clause.tokens, cues.language)
    const isUnknown = !clause.question && cues.unknown.test(clause.plain)
    const asked = isUnknown ? askedBefore(clause, clauses, cues) : clause
    const isAsked =
      clause.question && cues.question.test(clause.plain.replace(/^(?:\S+ )?(?=quien|cuando|cuanto|cual|donde)/u, ''))
    if (!isUnknown && !isAsked) continue
    if (isUnknown ? isSettledLater(clause, stems, clauses, cues) : isAnswered(clause, stems, { clauses, cues, reference }))
      continue
    const subject = isUnknown && asked && (stems.size < 2 || isReply(clause, asked)) ? asked : clause
    if (contentStems(subject.tokens, cues.language).size === 0) continue
    const same = found.find((other) => jaccard(other.stems, contentStems(subject.tokens, cues.language)) >= SAME)
    if (same) {
      same.draft.evidence = [...new Set([...same.draft.evidence, ...evidenceOf([clause])])]
      continue
    }
    const draft = toDraft('question', [subject, clause], asQuestion(subject, cues), subject, 2.5, clauses.length)
    found.push({ stems: contentStems(subject.tokens, cues.language), draft })
  }
  return found.map(({ draft }) => draft)
}

/** “no lo sé, lo pregunto”: the answer of another voice to a question. */
function isReply(clause: Clause, asked: Clause): boolean {
  return clause.speaker !== asked.speaker && clause.turn - asked.turn <= 1
}

function asQuestion(clause: Clause, cues: CueSet): string {
  const text = asStatement(clause, cues).replace(/^¿|\?$/gu, '')
  if (!clause.question) return text
  return cues.language === 'es' ? `¿${text.replace(/\?+$/u, '')}?` : `${text.replace(/\?+$/u, '')}?`
}

function askedBefore(clause: Clause, clauses: readonly Clause[], cues: CueSet): Clause | undefined {
  return clauses
    .slice(0, clause.index)
    .findLast((other) => other.question && clause.turn - other.turn <= 2 && contentStems(other.tokens, cues.language).size > 0)
}

/** An answer: yes or no, a time, a number or a name where one was asked for, or a full statement of another voice. */
function isAnswered(clause: Clause, stems: ReadonlySet<string>, { clauses, cues, reference }: FindingContext): boolean {
  const wants = /(?:^| )(?:quien(?:es)?|cuando|cuant[oa]s?|donde|cual(?:es)?|who|when|where|which|how (?:much|many))(?: |$)/u
    .exec(clause.plain)?.[0]
    .trim()
  const answers = clauses.slice(clause.index + 1).filter(({ turn }) => turn <= clause.turn + ANSWER_TURNS)
  if (isSettledLater(clause, stems, clauses, cues)) return true
  if (answers.some((later) => cues.decision.test(later.plain) && !cues.decisionVeto.test(later.plain))) return true
  for (const answer of answers) {
    if (answer.question) continue
    if (cues.unknown.test(answer.plain) || /(?:^| )(?:ni idea|no se|i don't know|no idea)(?: |$)/u.test(answer.plain))
      return false
    if (answer.speaker === clause.speaker && answers.some(({ speaker }) => speaker !== clause.speaker)) continue
    if (wants ? givesDetail(wants, answer, reference) : contentStems(answer.tokens, cues.language).size >= 1) return true
  }
  return false
}

function givesDetail(wants: string, answer: Clause, reference: DateReference): boolean {
  if (findDates(answer.text, reference).length > 0) return true
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

/** A later statement that shares most words and decides. */
function isSettledLater(clause: Clause, stems: ReadonlySet<string>, clauses: readonly Clause[], cues: CueSet): boolean {
  if (stems.size < 2) return false
  return clauses.slice(clause.index + 1).some((later) => {
    if (later.question || cues.unknown.test(later.plain)) return false
    const isDecided = cues.decision.test(later.plain) || cues.settlesDate.test(later.plain)
    return (
      isDecided && !cues.decisionVeto.test(later.plain) && contentStems(later.tokens, cues.language).intersection(stems).size >= 2
    )
  })
}

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
