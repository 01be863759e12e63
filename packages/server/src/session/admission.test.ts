import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Admission } from './admission.ts'

const open = (fixed = 0, units = 2): Admission => new Admission({ units, fixed, max: 200 })
const loads = (count: number, lagMs: number) => Array.from({ length: count }, () => ({ lagMs }))

/** Seconds of the same load. */
function pass(admission: Admission, count: number, lagMs: number, fromS: number, seconds: number): number {
  let shed = 0
  for (let s = 0; s < seconds; s++) shed += admission.observe(loads(count, lagMs), (fromS + s) * 1000)
  return shed
}

describe('Admission', () => {
  it('predicts the bound from the real-time factor', () => {
    const admission = open()
    for (let i = 0; i < 10; i++) admission.measured(0.1)
    expect(admission.limit).toBe(27) // below 0.7 · 2 / (0.5 · 0.1) by rounding
    for (let i = 0; i < 50; i++) admission.measured(2)
    expect(admission.limit).toBe(1)
  })

  it('falls by a fifth after ten seconds of lag, and grows by one after five minutes without', () => {
    const admission = open()
    expect(admission.limit).toBe(16)
    pass(admission, 16, 2000, 0, 9)
    expect(admission.limit).toBe(16)
    pass(admission, 16, 2000, 9, 2)
    expect(admission.limit).toBe(12)
    for (let i = 0; i < 10; i++) admission.measured(0.01)
    expect(admission.limit).toBe(12)
    pass(admission, 12, 100, 20, 301)
    expect(admission.limit).toBe(13)
    pass(admission, 3, 100, 400, 400)
    expect(admission.limit).toBe(13)
  })

  it('gives voice up before hearing, and hearing before recording', () => {
    const admission = open(10)
    expect([0, 7, 8, 9, 10, 50].map((n) => admission.tierFor('assistant', n))).toEqual([
      'full',
      'full',
      'no_voice',
      'no_voice',
      'record_only',
      'record_only',
    ])
    expect(admission.tierFor('transcribe', 9)).toBe('full')
  })

  it('leaves the newest to the second pass when text is lost for good', () => {
    const admission = open(10)
    expect(pass(admission, 10, 40_000, 0, 10)).toBe(0)
    expect(pass(admission, 10, 40_000, 10, 1)).toBe(2)
    expect(pass(admission, 8, 40_000, 11, 9)).toBe(0)
    expect(pass(admission, 8, 100, 20, 60)).toBe(0)
  })

  it('stays within its bounds whatever is measured', () => {
    const step = fc.oneof(
      fc.record({ factor: fc.double({ noNaN: false }) }),
      fc.record({ count: fc.nat(300), lagMs: fc.double({ min: 0, max: 1e6, noNaN: true }), seconds: fc.nat(20) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const admission = open()
        let s = 0
        for (const one of steps) {
          if ('factor' in one) admission.measured(one.factor)
          else pass(admission, one.count, one.lagMs, s, one.seconds)
          s += 30
          expect(admission.limit).toBeGreaterThanOrEqual(1)
          expect(admission.limit).toBeLessThanOrEqual(200)
          expect(Number.isInteger(admission.limit)).toBe(true)
        }
      }),
    )
  })
})
