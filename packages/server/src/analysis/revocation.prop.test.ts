import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MatterIndex } from './revocation.ts'

const words = fc.array(fc.constantFrom(...'abcdefghij'), { maxLength: 6 }).map((all) => new Set(all))

const isAbout = (earlier: Set<string>, later: Set<string>): boolean => {
  const common = later.intersection(earlier).size
  return common >= 2 || common / Math.max(1, Math.min(earlier.size, later.size)) >= 0.3
}

it('finds the latest statement about the matter, as asking each would', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(words, words), { maxLength: 25 }), (statements) => {
      const replaced = new Set<number>()
      const index = new MatterIndex<number>((i) => !replaced.has(i))
      for (const [i, [stems, named]] of statements.entries()) {
        const slow = statements
          .slice(0, i)
          .findLastIndex(([earlier], j) => !replaced.has(j) && (isAbout(earlier, stems) || named.intersection(earlier).size > 0))
        const found = index.latest(stems, named)
        expect(found ?? -1).toBe(slow)
        if (found !== undefined) replaced.add(found)
        index.add(stems, i)
      }
    }),
    { numRuns: 200 },
  )
})
