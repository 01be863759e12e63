import { cuesOf } from './cue-sets.ts'
import type { Talk } from './talk.ts'
import type { TaskDraft } from './tasks.ts'
import type { Clause } from './text/clauses.ts'
import { readVerb } from './text/verbs-es.ts'

/** Which tasks are cancelled or withdrawn later: the last place of each reason, looked up by word. Pure. */

const NOT = /(?:^| )no (?:\S+ )?\S+/u

export class TakenBack {
  /** Last cancellation that names a stem. */
  readonly #cancelled = new Map<string, number>()
  /** Last time a speaker takes a verb back. */
  readonly #withdrawn = new Map<string, number>()

  constructor(talk: Talk) {
    for (const clause of talk.clauses) {
      if (cuesOf(clause).cancellation.test(clause.plain))
        for (const stem of talk.stemsOf(clause)) this.#cancelled.set(stem, clause.index)
      if (NOT.test(clause.plain) && !clause.question)
        for (const verb of withdrawnIn(clause)) this.#withdrawn.set(keyOf(clause, verb), clause.index)
    }
  }

  has({ clause, cue, stems }: TaskDraft): boolean {
    const isCancelled = [...stems].some((stem) => (this.#cancelled.get(stem) ?? -1) > clause.index)
    return isCancelled || (this.#withdrawn.get(keyOf(clause, cue.verb)) ?? -1) > clause.index
  }
}

const keyOf = ({ speaker }: Clause, verb: string): string => `${speaker}\n${verb}`

/** “pues no firmo nada”: who promised takes the same verb back. */
function withdrawnIn({ tokens }: Clause): string[] {
  return tokens.flatMap(({ lower }, i) => {
    if (tokens[i - 1]?.plain !== 'no' && tokens[i - 2]?.plain !== 'no') return []
    return readVerb(lower)
      .filter(({ form }) => form === 'present-i' || form === 'future-i')
      .map(({ infinitive }) => infinitive)
  })
}
