/** Small statistics, and the interleaved rounds from which ratios come. */

/** Nearest-rank percentile; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))]!
}

/** Middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export type Sample = Readonly<Record<string, number>>

/**
 * Runs all variants once a round, in an order that turns from round to round, so that a busy neighbour hits each of them alike.
 *
 * @returns samples by variant, in rounds
 */
export async function interleave<K extends string>(
  rounds: number,
  variants: Readonly<Record<K, () => Promise<Sample>>>,
): Promise<Record<K, Sample[]>> {
  const names = Object.keys(variants) as K[]
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<K, Sample[]>
  for (let round = 0; round < rounds; round += 1) {
    for (let i = 0; i < names.length; i += 1) {
      const name = names[(round + i) % names.length]!
      samples[name].push(await variants[name]())
    }
  }
  return samples
}

/** Median of one quantity over the rounds. */
export const middle = (samples: readonly Sample[], key: string): number => median(samples.map((sample) => sample[key]!))

/** Ratio of one quantity, pair by pair. */
export function ratioOf(ours: readonly Sample[], theirs: readonly Sample[], key: string) {
  const ratios = ours.map((sample, round) => sample[key]! / theirs[round]![key]!)
  return { ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] as const }
}
