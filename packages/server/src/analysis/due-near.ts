import { cuesOf } from './cue-sets.ts'
import { type DateMention, type DateReference, findDates, inLanguage, resolveDate } from './dates.ts'
import type { Talk } from './talk.ts'
import type { Clause } from './text/clauses.ts'

/** The date of a task that its own clause does not tell. Pure. */

/** “Te mando el contrato. El viernes, sin falta.”: longer clauses speak of something else. */
const MAX_WORDS = 6
/** “¿Para cuándo?” and its answer lie within these turns. */
const ANSWER_TURNS = 2
const MAX_CLAUSES = 4
const ASKS_WHEN = /(?:^| )(?:cuando|que dia|que fecha|when|what day|which day|what date)(?: |$)/u

export interface NearDate {
  due: DateMention
  /** Where it was said. */
  clause: Clause
}

/** A date that follows in the turn, that answers “when”, or that stands alone just before. */
export function dateNear(clause: Clause, talk: Talk, reference: DateReference): NearDate | null {
  return dateAfter(clause, talk, reference) ?? dateBefore(clause, talk, reference)
}

function dateAfter(clause: Clause, talk: Talk, reference: DateReference): NearDate | null {
  let isAsked = false
  let read = 0
  for (const later of talk.after(clause, ANSWER_TURNS)) {
    if (++read > MAX_CLAUSES || cuesOf(later).task(later) || cuesOf(later).vetoesTask(later)) return null
    if (later.question) {
      isAsked = isAsked || ASKS_WHEN.test(later.plain)
      continue
    }
    const isAdded = later.turn === clause.turn && later.tokens.length <= MAX_WORDS
    const due = isAsked || isAdded ? resolveDate(later.text, inLanguage(reference, later)) : null
    if (due?.iso !== undefined) return { due, clause: later }
  }
  return null
}

/** “Mañana por la mañana. Llamo al banco.” */
function dateBefore(clause: Clause, talk: Talk, reference: DateReference): NearDate | null {
  const before = talk.clauses[clause.index - 1]
  if (!before || before.turn !== clause.turn || before.question) return null
  const [only, more] = findDates(before.text, inLanguage(reference, before))
  if (!only || more || only.iso === undefined) return null
  const rest = `${before.text.slice(0, only.start)} ${before.text.slice(only.end)}`.split(/[^\p{L}\p{N}]+/u).filter(Boolean)
  return rest.length <= 1 ? { due: only, clause: before } : null
}
