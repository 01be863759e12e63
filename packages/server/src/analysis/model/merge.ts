import { contentStems } from '../statements.ts'
import { fold } from '../text/fold.ts'
import { jaccard } from '../text/stem.ts'
import { tokenize } from '../text/tokens.ts'
import type { DropReason, Item } from './check.ts'

/** Items of several parts of a session → one list. Pure. */

const SAME = 0.6
/** More than this is not found in talk but made up, or read too finely. */
const PER_HOUR = 12
const WORDS_PER_ITEM = 60
/** Nobody reads more suggestions than this. */
const MAX_SUGGESTED = 30

/** “anulamos lo de Oporto” is not “nos quedamos con Oporto”. */
const CANCELS = /(?:^| )(?:anul|cancel|descart|revoc|suspend|ya no |no longer |scrap|drop|call(?:ing|ed)? off)/u
const cancels = ({ text }: Item): boolean => CANCELS.test(fold(text))

export interface Merged {
  items: Item[]
  dropped: DropReason[]
}

/**
 * Joins what is said twice: evidence of both, wording and date of the later.
 *
 * @param isRevocation - a decision that takes another back is not the same as that one, however alike the words
 */
export function mergeItems(
  items: readonly Item[],
  language: 'es' | 'en',
  isRevocation: (item: Item) => boolean = () => false,
): Merged {
  const stems = new Map<Item, Set<string>>()
  const stemsOf = (item: Item): Set<string> => {
    const known = stems.get(item) ?? contentStems(tokenize(item.text), language)
    stems.set(item, known)
    return known
  }
  const dropped: DropReason[] = []
  const merged: Item[] = []
  for (const item of [...items].sort((a, b) => a.at - b.at)) {
    const at = merged.findIndex(
      (other) =>
        other.kind === item.kind &&
        (item.kind !== 'decision' || (isRevocation(other) === isRevocation(item) && cancels(other) === cancels(item))) &&
        isSame(other, item, jaccard(stemsOf(other), stemsOf(item))),
    )
    if (at < 0) {
      merged.push(item)
      continue
    }
    dropped.push('duplicate')
    merged[at] = join(merged[at]!, item)
  }
  return { items: merged, dropped }
}

function isSame(a: Item, b: Item, likeness: number): boolean {
  const key = ({ owner }: Item) => owner?.speaker ?? owner?.name
  const isCompatible = key(a) === undefined || key(b) === undefined || key(a) === key(b)
  const sharesProof = a.evidence.some((id) => b.evidence.includes(id))
  if (!sharesProof && numbersOf(a) !== numbersOf(b)) return false
  return isCompatible && (likeness >= SAME || (sharesProof && (likeness >= 0.4 || a.quote === b.quote)))
}

/** Order 12 and order 21 are two, however alike the words are. */
const numbersOf = ({ text }: Item): string => (text.match(/\d+/gu) ?? []).sort().join(' ')

function join(earlier: Item, later: Item): Item {
  return {
    ...later,
    evidence: [...new Set([...earlier.evidence, ...later.evidence])].slice(0, 8),
    photos: [...new Set([...earlier.photos, ...later.photos])].slice(0, 4),
    owner: later.owner ?? earlier.owner,
    due: later.due ?? earlier.due,
    steps: later.steps.length > 0 ? later.steps : earlier.steps,
    confidence: Math.max(earlier.confidence, later.confidence),
    at: earlier.at,
  }
}

export interface Limited extends Merged {
  /** Actions beyond the limit, in the order of the session: a person decides. */
  suggested: Item[]
}

/** The surest actions where there are more than talk of this length holds; the rest are suggestions. */
export function limitActions(items: readonly Item[], durationMs: number, words: number): Limited {
  const most = Math.max(3, Math.ceil((durationMs / 3_600_000) * PER_HOUR), Math.ceil(words / WORDS_PER_ITEM))
  const actions = items.filter(({ kind }) => kind === 'action')
  if (actions.length <= most) return { items: [...items], suggested: [], dropped: [] }
  const surest = [...actions].sort((a, b) => b.confidence - a.confidence)
  const kept = new Set(surest.slice(0, most))
  const suggested = new Set(surest.slice(most, most + MAX_SUGGESTED))
  return {
    items: items.filter((item) => item.kind !== 'action' || kept.has(item)),
    suggested: actions.filter((item) => suggested.has(item)),
    dropped: surest.slice(most + MAX_SUGGESTED).map(() => 'too_many' as const),
  }
}

/** A later decision that plainly replaces an earlier one, by its own words. @returns index of the replaced one for each item */
export function supersededBy(
  items: readonly Item[],
  isRevocation: (item: Item) => boolean,
  language: 'es' | 'en',
): Map<number, number> {
  const found = new Map<number, number>()
  const stems = items.map(({ text }) => contentStems(tokenize(text), language))
  items.forEach((item, i) => {
    if (item.kind !== 'decision' || !isRevocation(item)) return
    const earlier = items.findLastIndex(
      (other, j) =>
        j < i &&
        other.kind === 'decision' &&
        !found.has(j) &&
        stems[j]!.intersection(stems[i]!).size / Math.max(1, Math.min(stems[j]!.size, stems[i]!.size)) >= 0.3,
    )
    if (earlier >= 0) found.set(earlier, i)
  })
  return found
}
