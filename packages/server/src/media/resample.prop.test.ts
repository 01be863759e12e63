import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatSamples, seededRandom } from '../../test/helpers/signals.ts'
import { createResampler, resample } from './resample.ts'

const rate = fc.oneof(
  fc.constantFrom(8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000),
  fc.integer({ min: 8000, max: 48_000 }),
)

function noise(length: number, seed: number): Int16Array {
  const random = seededRandom(seed)
  return Int16Array.from({ length }, () => Math.floor(random() * 65_536) - 32_768)
}

describe('createResampler', () => {
  it('gives the same samples however the input is cut, and keeps the duration', () => {
    fc.assert(
      fc.property(
        rate,
        fc.constantFrom(16_000, 24_000),
        fc.array(fc.integer({ min: 0, max: 700 }), { minLength: 1, maxLength: 20 }),
        fc.integer(),
        (from, to, sizes, seed) => {
          const input = noise(
            sizes.reduce((a, b) => a + b),
            seed,
          )
          const resampler = createResampler(from, to)
          let at = 0
          const parts = sizes.map((size) => {
            at += size
            return resampler.push(input.subarray(at - size, at))
          })
          const output = concatSamples([...parts, resampler.end()])
          expect(output).toEqual(resample(input, from, to))
          expect(Math.abs(output.length - (input.length * to) / from)).toBeLessThanOrEqual(1)
        },
      ),
      { numRuns: 60 },
    )
  })
})
