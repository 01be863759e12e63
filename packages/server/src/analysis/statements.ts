import { cuesOf, isInstruction } from './cue-sets.ts'
import type { Clause } from './text/clauses.ts'
import { capitalize } from './text/fold.ts'
import { stem } from './text/stem.ts'
import { isStopword } from './text/stopwords.ts'
import type { Token } from './text/tokens.ts'

/** Small steps that all extractors share. Pure. */

/** Longest quote, in words. */
const QUOTE_WORDS = 12

/** The stems of the words that carry the topic. */
export function contentStems(tokens: readonly Token[], language: 'es' | 'en'): Set<string> {
  return new Set(
    tokens.filter(({ plain }) => plain.length > 1 && !isStopword(plain, language)).map(({ plain }) => stem(plain, language)),
  )
}

/** Verbatim words of the clause, at most {@link QUOTE_WORDS}, from token `from` where that fits. */
export function quoteOf(clause: Clause, from = 0): string {
  const { tokens, text } = clause
  const start = tokens.length <= QUOTE_WORDS ? 0 : Math.min(from, tokens.length - QUOTE_WORDS)
  const end = Math.min(tokens.length, start + QUOTE_WORDS)
  return text.slice(tokens[start]!.start, tokens[end - 1]!.end)
}

/** A clause as a sentence to read: no filler at the beginning, a capital, no mark at the end. */
export function asStatement(clause: Clause): string {
  const bare = clause.text
    .replace(/^[¿¡\s]+/u, '')
    .replace(cuesOf(clause).leading, '')
    .replace(/^[¿¡\s]+/u, '')
    .replace(/[\s.,;:!…]+$/u, '')
  return capitalize(bare || clause.text.replace(/[\s.,;:!…]+$/u, ''))
}

/** True where a clause must not count at all: it speaks to an assistant, tells a film, or was a joke. */
export function isDisregarded(clause: Clause, clauses: readonly Clause[]): boolean {
  if (isInstruction(clause.plain) || cuesOf(clause).fiction.test(clause.plain)) return true
  return clauses
    .slice(clause.index, clause.index + 4)
    .some((later) => later.turn <= clause.turn + 1 && cuesOf(later).retraction.test(later.plain))
}

/** Evidence ids in the order of the session, each once. */
export function evidenceOf(clauses: readonly Clause[]): string[] {
  return [...new Set([...clauses].sort((a, b) => a.index - b.index).map(({ segmentId }) => segmentId))]
}

/** 0–0.65: a cue is never certain. Late statements gain a little, since meetings end with what is to be done. */
export function confidenceOf(score: number, clause: Clause, count: number): number {
  const late = clause.index >= count * 0.85 ? 0.05 : 0
  return Math.round((Math.min(0.6, 0.2 * score) + late) * 100) / 100
}
