import { normalizeWords } from './wer.ts'

/** Character error rate over the normalised words joined by single spaces. */
export function characterErrorRate(reference: string, hypothesis: string): number {
  const ref = [...normalizeWords(reference).join(' ')]
  const hyp = [...normalizeWords(hypothesis).join(' ')]
  if (ref.length === 0) return hyp.length > 0 ? 1 : 0
  return distance(ref, hyp) / ref.length
}

function distance(ref: readonly string[], hyp: readonly string[]): number {
  let row = Array.from({ length: hyp.length + 1 }, (_, at) => at)
  for (const [i, char] of ref.entries()) {
    const next = [i + 1]
    for (const [j, other] of hyp.entries()) next.push(Math.min(row[j]! + (char === other ? 0 : 1), row[j + 1]! + 1, next[j]! + 1))
    row = next
  }
  return row[hyp.length]!
}
