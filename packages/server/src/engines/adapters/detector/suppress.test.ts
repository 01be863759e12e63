import { expect, test } from 'vitest'
import { overlap, suppress } from './suppress.ts'

const box = (left: number, top: number, right: number, bottom: number) => ({ left, top, right, bottom })

test('overlap is 1 for equal boxes, 0 for separate ones, a third for half-shifted ones', () => {
  expect(overlap(box(0, 0, 1, 1), box(0, 0, 1, 1))).toBe(1)
  expect(overlap(box(0, 0, 0.4, 1), box(0.5, 0, 1, 1))).toBe(0)
  expect(overlap(box(0, 0, 0.2, 1), box(0.1, 0, 0.3, 1))).toBeCloseTo(1 / 3)
})

test('of two boxes on one thing the likelier stays, whichever class it has; neighbours stay', () => {
  const horse = { classId: 17, score: 0.36, box: box(0.6, 0.3, 0.9, 0.7) }
  const cow = { classId: 19, score: 0.34, box: box(0.6, 0.3, 0.9, 0.69) }
  const dog = { classId: 16, score: 0.5, box: box(0.1, 0.6, 0.3, 0.9) }
  const rider = { classId: 0, score: 0.4, box: box(0.65, 0.1, 0.85, 0.6) }
  expect(suppress([cow, horse, dog, rider, { ...dog, score: 0.37 }])).toEqual([dog, rider, horse])
})
