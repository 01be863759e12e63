import fc from 'fast-check'
import { expect, it } from 'vitest'
import { numberVoices } from './live-speakers.ts'

/** `[label or number, seconds]` one after the other. */
const turnsOf = (...turns: [string, number, number][]) =>
  turns.map(([speaker, start, end]) => ({ speaker, startMs: start * 1000, endMs: end * 1000, confidence: 1 }))
const knownOf = (...known: [number, number, number][]) =>
  known.map(([number, start, end]) => ({ number, startMs: start * 1000, endMs: end * 1000 }))

it('keeps the numbers that voices had, and gives a new voice the next', () => {
  const turns = turnsOf(['x', 0, 5], ['y', 6, 9], ['x', 10, 12], ['z', 13, 15])
  const numbers = numberVoices(turns, knownOf([1, 0, 5], [0, 6, 9], [1, 10, 12]), 2)
  expect([...numbers]).toEqual([
    ['x', 1],
    ['y', 0],
    ['z', 2],
  ])
})

it('separates two voices that were taken for one: who shares more of it keeps the number', () => {
  const numbers = numberVoices(turnsOf(['a', 0, 2], ['b', 2, 7]), knownOf([0, 0, 7]), 1)
  expect([numbers.get('a'), numbers.get('b')]).toEqual([1, 0])
})

it('never gives two voices one number, whatever came before', () => {
  const span = fc.tuple(fc.nat(50), fc.integer({ min: 1, max: 20 }))
  const turns = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), span), { maxLength: 12 })
  const known = fc.array(fc.tuple(fc.nat(3), span), { maxLength: 12 })
  fc.assert(
    fc.property(turns, known, (all, earlier) => {
      const before = knownOf(...earlier.map(([number, [at, length]]) => [number, at, at + length] as [number, number, number]))
      const now = turnsOf(...all.map(([label, [at, length]]) => [label, at, at + length] as [string, number, number]))
      const numbers = numberVoices(now, before, Math.max(0, ...before.map(({ number }) => number + 1)))
      expect(new Set(numbers.values()).size).toBe(numbers.size)
      expect(now.every(({ speaker }) => numbers.has(speaker))).toBe(true)
    }),
    { numRuns: 200 },
  )
})
