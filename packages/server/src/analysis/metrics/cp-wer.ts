import { wordErrors } from './wer.ts'

/**
 * Concatenated minimum-permutation word error rate (CHiME-6): all words of each speaker in one text, and the assignment
 * of hypothesis speakers to reference speakers that gives the fewest errors; who is left over counts in full.
 */

export interface SpokenText {
  speaker: string
  text: string
}

/** Assignments that are all tried; above it speakers are assigned greedily, which may overstate the error a little. */
const MAX_EXACT = 8

export function cpWordErrorRate(reference: readonly SpokenText[], hypothesis: readonly SpokenText[]): number {
  const refs = bySpeaker(reference)
  const hyps = bySpeaker(hypothesis)
  const size = Math.max(refs.length, hyps.length)
  const costs = Array.from({ length: size }, (_, i) =>
    Array.from({ length: size }, (_, j) => errorsOf(refs[i] ?? '', hyps[j] ?? '')),
  )
  const words = refs.reduce((sum, text) => sum + wordErrors(text, '').words, 0)
  const errors = size <= MAX_EXACT ? cheapest(costs) : greedy(costs)
  if (words === 0) return errors > 0 ? 1 : 0
  return errors / words
}

function bySpeaker(texts: readonly SpokenText[]): string[] {
  const joined = new Map<string, string>()
  for (const { speaker, text } of texts) joined.set(speaker, `${joined.get(speaker) ?? ''} ${text}`)
  return [...joined.values()]
}

function errorsOf(reference: string, hypothesis: string): number {
  const { substitutions, deletions, insertions } = wordErrors(reference, hypothesis)
  return substitutions + deletions + insertions
}

/** The cheapest assignment of rows to columns, by sets of columns used. */
function cheapest(costs: readonly (readonly number[])[]): number {
  let best = new Map<number, number>([[0, 0]])
  for (const row of costs) {
    const next = new Map<number, number>()
    for (const [used, cost] of best)
      row.forEach((price, column) => {
        if (used & (1 << column)) return
        const set = used | (1 << column)
        next.set(set, Math.min(next.get(set) ?? Number.POSITIVE_INFINITY, cost + price))
      })
    best = next
  }
  return Math.min(...best.values())
}

function greedy(costs: readonly (readonly number[])[]): number {
  const free = new Set(costs.keys())
  return costs.reduce((sum, row) => {
    const column = [...free].reduce((a, b) => (row[b]! < row[a]! ? b : a))
    free.delete(column)
    return sum + row[column]!
  }, 0)
}
