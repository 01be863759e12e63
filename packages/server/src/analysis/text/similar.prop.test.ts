import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SimilarSets } from './similar.ts'
import { jaccard } from './stem.ts'

const words = fc.array(fc.constantFrom(...'abcdefghij'), { maxLength: 7 }).map((all) => new Set(all))

it('finds the first set that is alike, as comparing with each would', () => {
  fc.assert(
    fc.property(
      fc.array(words, { maxLength: 30 }),
      words,
      fc.constantFrom(0.3, 0.5, 0.6, 0.8, 1),
      fc.func(fc.nat(50)),
      (sets, wanted, threshold, frequencyOf) => {
        const similar = new SimilarSets<number>(threshold, frequencyOf)
        for (const [i, stems] of sets.entries()) similar.add(stems, i)
        const slow = (accepts: (i: number) => boolean) =>
          sets.findIndex((stems, i) => jaccard(stems, wanted) >= threshold && accepts(i))
        expect(similar.first(wanted) ?? -1).toBe(slow(() => true))
        expect(similar.first(wanted, (i) => i % 2 === 0) ?? -1).toBe(slow((i) => i % 2 === 0))
      },
    ),
    { numRuns: 200 },
  )
})
