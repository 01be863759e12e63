import { pairsOf } from './talk.ts'

/** Which earlier statement a later one is about, without comparing it with all of them. Pure. */

/** Statements are about one matter when they share two stems, or this share of the shorter one. */
const SHARE = 0.3
/** Up to so many stems, one in common is that share. */
const SHORT = Math.floor(1 / SHARE)

/** Statements by what they name, each with the latest on top. */
export class MatterIndex<T> {
  readonly #stands: (value: T) => boolean
  readonly #byKey = new Map<string, { at: number; value: T }[]>()
  #count = 0

  /** @param stands - false for statements that are replaced; one that is never stands again */
  constructor(stands: (value: T) => boolean) {
    this.#stands = stands
  }

  add(stems: ReadonlySet<string>, value: T): void {
    const entry = { at: this.#count++, value }
    const single = [...stems].flatMap((stem) => [`any ${stem}`, ...(stems.size <= SHORT ? [`short ${stem}`] : [])])
    for (const key of [...pairsOf(stems), ...single]) {
      const entries = this.#byKey.get(key)
      if (entries) entries.push(entry)
      else this.#byKey.set(key, [entry])
    }
  }

  /** The latest that stands and is about the matter of `stems`, or names one of `replaced`. */
  latest(stems: ReadonlySet<string>, replaced: ReadonlySet<string>): T | undefined {
    const own = [...stems].map((stem) => `${stems.size <= SHORT ? 'any' : 'short'} ${stem}`)
    const keys = [...pairsOf(stems), ...own, ...[...replaced].map((stem) => `any ${stem}`)]
    const found = keys.flatMap((key) => this.#top(key) ?? [])
    return found.length === 0 ? undefined : found.reduce((a, b) => (b.at > a.at ? b : a)).value
  }

  #top(key: string): { at: number; value: T } | undefined {
    const entries = this.#byKey.get(key)
    while (entries && entries.length > 0 && !this.#stands(entries.at(-1)!.value)) entries.pop()
    return entries?.at(-1)
  }
}
