import { cuesOf } from './cue-sets.ts'
import type { CueSet } from './cues.ts'
import { contentStems } from './statements.ts'
import type { Clause } from './text/clauses.ts'

/**
 * The clauses of a session with what the extractors look up in them, each worked out once, so that their cost grows with
 * the length of the talk and not with its square. Pure.
 */

/** A statement settles a question when it shares this many of its words. */
const SETTLED_WORDS = 2

export class Talk {
  readonly clauses: readonly Clause[]
  /** Of the language of the talk; a clause has its own, see `cuesOf`. */
  readonly cues: CueSet
  readonly speakers: ReadonlySet<string>
  readonly #stems = new Map<number, Set<string>>()
  #settled: ReadonlyMap<string, number> | null = null
  #frequency: ReadonlyMap<string, number> | null = null

  constructor(clauses: readonly Clause[], cues: CueSet) {
    this.clauses = clauses
    this.cues = cues
    this.speakers = new Set(clauses.map(({ speaker }) => speaker))
  }

  /** Stems of the clause's words of topic. Not to be changed. */
  stemsOf(clause: Clause): Set<string> {
    const known = this.#stems.get(clause.index)
    if (known) return known
    const stems = contentStems(clause.tokens, clause.language)
    this.#stems.set(clause.index, stems)
    return stems
  }

  /** The clauses behind this one, up to `turns` turns on, in order. */
  *after(clause: Clause, turns: number): Iterable<Clause> {
    for (let i = clause.index + 1; i < this.clauses.length; i++) {
      const later = this.clauses[i]!
      if (later.turn > clause.turn + turns) return
      yield later
    }
  }

  /** The clauses before this one, up to `turns` turns back, the nearest first. */
  *before(clause: Clause, turns: number): Iterable<Clause> {
    for (let i = clause.index - 1; i >= 0; i--) {
      const earlier = this.clauses[i]!
      if (earlier.turn < clause.turn - turns) return
      yield earlier
    }
  }

  /** In how many clauses a stem stands. */
  frequencyOf(stem: string): number {
    if (!this.#frequency) {
      const counts = new Map<string, number>()
      for (const clause of this.clauses) for (const word of this.stemsOf(clause)) counts.set(word, (counts.get(word) ?? 0) + 1)
      this.#frequency = counts
    }
    return this.#frequency.get(stem) ?? 0
  }

  /** True where a later statement that decides shares two words with this clause. */
  isSettledLater(clause: Clause): boolean {
    this.#settled ??= this.#lastSettled()
    const stems = this.stemsOf(clause)
    if (stems.size < SETTLED_WORDS) return false
    return pairsOf(stems).some((pair) => (this.#settled!.get(pair) ?? -1) > clause.index)
  }

  /** The last statement that decides, for each two words that one holds. */
  #lastSettled(): Map<string, number> {
    const last = new Map<string, number>()
    for (const clause of this.clauses) {
      const { plain, question } = clause
      const { decision, decisionVeto, settlesDate, unknown } = cuesOf(clause)
      if (question || unknown.test(plain) || !(decision.test(plain) || settlesDate.test(plain)) || decisionVeto.test(plain))
        continue
      for (const pair of pairsOf(this.stemsOf(clause))) last.set(pair, clause.index)
    }
    return last
  }
}

/** Longer statements are cut: nobody settles a question in a list. */
const MAX_STEMS = 40

/** Each two stems of a set, as one key. */
export function pairsOf(stems: ReadonlySet<string>): string[] {
  const sorted = [...stems].slice(0, MAX_STEMS).sort()
  return sorted.flatMap((a, i) => sorted.slice(i + 1).map((b) => `${a} ${b}`))
}
