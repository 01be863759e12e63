import { cuesOf } from './cue-sets.ts'
import { type DateReference, findDates, inLanguage } from './dates.ts'
import type { Talk } from './talk.ts'
import type { Clause } from './text/clauses.ts'
import { jaccard } from './text/stem.ts'

/** Which sentences tell most of a session: TF-IDF centroid with a bonus for cues, picked for difference (MMR). Pure. */

/** Shorter sentences are no summary. */
const MIN_WORDS = 6
const MAX_WORDS = 40
/** Weight of relevance against novelty (Carbonell and Goldstein 1998). */
const LAMBDA = 0.7
/** Above this many candidates only the best by centroid are compared with each other. */
const MAX_COMPARED = 200

/** The `limit` most telling clauses, in the order of the session. */
export function rankClauses(clauses: readonly Clause[], limit: number, talk: Talk, reference: DateReference): Clause[] {
  const candidates = clauses.filter(
    ({ tokens, question }) => tokens.length >= MIN_WORDS && tokens.length <= MAX_WORDS && !question,
  )
  const stems = new Map(clauses.map((clause) => [clause, talk.stemsOf(clause)]))
  const weights = inverseFrequency([...stems.values()])
  const centroid = (clause: Clause) =>
    sum([...stems.get(clause)!].map((word) => weights.get(word)!)) / Math.sqrt(Math.max(4, clause.tokens.length))
  const top = candidates.reduce((highest, clause) => Math.max(highest, centroid(clause)), 1e-9)
  const scored = candidates
    .map((clause) => ({ clause, score: centroid(clause) / top + bonus(clause, reference) }))
    .sort((a, b) => b.score - a.score || a.clause.index - b.clause.index)
    .slice(0, MAX_COMPARED)
  return pick(scored, limit, stems).sort((a, b) => a.index - b.index)
}

/** A word that returns is a topic; one in every sentence is none. */
function inverseFrequency(documents: readonly ReadonlySet<string>[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const stems of documents) for (const word of stems) counts.set(word, (counts.get(word) ?? 0) + 1)
  const n = documents.length
  return new Map([...counts].map(([word, count]) => [word, Math.sqrt(count) * Math.log(1 + n / count)]))
}

function bonus(clause: Clause, reference: DateReference): number {
  const cues = cuesOf(clause)
  const isCue = cues.decision.test(clause.plain) || cues.risk.test(clause.plain) || cues.topic.test(clause.plain)
  return (
    (isCue ? 0.2 : 0) +
    (findDates(clause.text, inLanguage(reference, clause)).length > 0 ? 0.1 : 0) +
    (/\d/u.test(clause.text) ? 0.05 : 0)
  )
}

function pick(scored: { clause: Clause; score: number }[], limit: number, stems: Map<Clause, Set<string>>): Clause[] {
  const rest = [...scored]
  const picked: Clause[] = []
  while (picked.length < limit && rest.length > 0) {
    const marginal = (item: { clause: Clause; score: number }) => {
      const nearest = Math.max(0, ...picked.map((other) => jaccard(stems.get(other)!, stems.get(item.clause)!)))
      return LAMBDA * item.score - (1 - LAMBDA) * nearest * 2
    }
    const best = rest.reduce((a, b) => (marginal(b) > marginal(a) ? b : a))
    rest.splice(rest.indexOf(best), 1)
    picked.push(best.clause)
  }
  return picked
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
