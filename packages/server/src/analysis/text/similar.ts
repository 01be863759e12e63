import { jaccard } from './stem.ts'

/** Sets of stems, and which of them are alike, without comparing each with each. */

/**
 * Finds earlier sets whose Jaccard similarity reaches a threshold. With stems in order of rarity, two such sets of known
 * sizes share a stem among their first few (prefix filtering with sizes, Xiao et al. 2008, PPJoin); only those are compared.
 */
export class SimilarSets<T> {
  readonly #threshold: number
  readonly #frequencyOf: (stem: string) => number
  readonly #members: { stems: ReadonlySet<string>; value: T }[] = []
  /** Members by a stem, its rank in them, and their size. */
  readonly #places = new Map<string, number[]>()
  #largest = 0

  /** @param frequencyOf - how common a stem is; any order will do, a true one is quick */
  constructor(threshold: number, frequencyOf: (stem: string) => number) {
    this.#threshold = threshold
    this.#frequencyOf = frequencyOf
  }

  add(stems: ReadonlySet<string>, value: T): void {
    for (const [rank, stem] of this.#ranked(stems).entries()) {
      const key = keyOf(stem, rank, stems.size)
      const places = this.#places.get(key)
      if (places) places.push(this.#members.length)
      else this.#places.set(key, [this.#members.length])
    }
    this.#members.push({ stems, value })
    this.#largest = Math.max(this.#largest, stems.size)
  }

  /** The first that was added, is alike, and passes `accepts`. */
  first(stems: ReadonlySet<string>, accepts: (value: T) => boolean = () => true): T | undefined {
    for (const at of [...this.#near(stems)].sort((a, b) => a - b)) {
      const member = this.#members[at]!
      if (jaccard(member.stems, stems) >= this.#threshold && accepts(member.value)) return member.value
    }
    return undefined
  }

  #near(stems: ReadonlySet<string>): Set<number> {
    const found = new Set<number>()
    const ranked = this.#ranked(stems)
    const longest = Math.min(this.#largest, Math.floor(stems.size / this.#threshold + ROUNDING))
    for (let size = Math.ceil(stems.size * this.#threshold - ROUNDING); size <= longest; size++) {
      const common = Math.ceil((this.#threshold / (1 + this.#threshold)) * (stems.size + size) - ROUNDING)
      for (const stem of ranked.slice(0, stems.size - common + 1))
        for (let rank = 0; rank <= size - common; rank++)
          for (const at of this.#places.get(keyOf(stem, rank, size)) ?? []) found.add(at)
    }
    return found
  }

  #ranked(stems: ReadonlySet<string>): string[] {
    return [...stems].sort((a, b) => this.#frequencyOf(a) - this.#frequencyOf(b) || (a < b ? -1 : 1))
  }
}

const ROUNDING = 1e-9
const keyOf = (stem: string, rank: number, size: number): string => `${stem} ${rank} ${size}`
