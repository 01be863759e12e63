import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { at } from './figures.ts'
import { MEASURED } from './measured.ts'
import { type PlanInput, planFor } from './model.ts'

const input = fc.record({
  sessions: fc.integer({ min: 1, max: 1_000_000 }),
  duty: fc.double({ min: 0, max: 1, noNaN: true }),
  hoursPerDay: fc.double({ min: 0.1, max: 24, noNaN: true }),
  keepDays: fc.integer({ min: 0, max: 4000 }),
  streamBytesPerS: fc.constantFrom(4000, 32_000),
  photosPerHour: fc.integer({ min: 0, max: 600 }),
  photoBytes: fc.constant(1_500_000),
  gpuStreams: fc.option(fc.integer({ min: 1, max: 1000 })),
  targetUse: fc.double({ min: 0.1, max: 1, noNaN: true }),
  price: fc.constant({ coreHour: 0.04, gpuHour: 0.6, gbMonth: 0.08 }),
}) satisfies fc.Arbitrary<PlanInput>

describe('the capacity model', () => {
  it('never says that more speech, longer keeping or more photos need less', () => {
    fc.assert(
      fc.property(input, fc.integer({ min: 0, max: 100 }), (given, more) => {
        const before = planFor(given, MEASURED)
        const after = planFor(
          {
            ...given,
            duty: Math.min(1, given.duty + more / 100),
            keepDays: given.keepDays + more,
            photosPerHour: given.photosPerHour + more,
          },
          MEASURED,
        )
        expect(after.cores.total).toBeGreaterThanOrEqual(before.cores.total)
        expect(after.gpus).toBeGreaterThanOrEqual(before.gpus)
        expect(after.diskGb).toBeGreaterThanOrEqual(before.diskGb)
        expect(after.costPerDay).toBeGreaterThanOrEqual(before.costPerDay)
      }),
    )
  })

  it('buys enough that the target use is not exceeded', () => {
    fc.assert(
      fc.property(input, (given) => {
        const { cores, gpus } = planFor(given, MEASURED)
        expect(cores.toBuy * given.targetUse).toBeGreaterThanOrEqual(cores.total - 1e-9)
        const { gpuStreams } = given
        if (gpuStreams !== null)
          expect(gpus * gpuStreams * given.targetUse).toBeGreaterThanOrEqual(given.sessions * given.duty * 2 - 1e-6)
        else expect(gpus).toBe(0)
      }),
    )
  })

  it('stays between measured points', () => {
    const points = [
      { sessions: 10, ms: 4 },
      { sessions: 100, ms: 1 },
    ]
    expect(at(points, 1)).toBe(4)
    expect(at(points, 10)).toBe(4)
    expect(at(points, 1000)).toBe(1)
    expect(at(points, 32)).toBeGreaterThan(1)
    expect(at(points, 32)).toBeLessThan(4)
  })
})
