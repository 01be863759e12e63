import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DUPLICATE_WINDOW_MS, dhashDistance, RecentPhotos } from './duplicates.ts'

const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((value) => value.toString(16).padStart(16, '0'))

test('the distance is a metric between 0 and 64', () => {
  fc.assert(
    fc.property(hash, hash, hash, (a, b, c) => {
      expect(dhashDistance(a, a)).toBe(0)
      expect(dhashDistance(a, b)).toBe(dhashDistance(b, a))
      expect(dhashDistance(a, b)).toBeLessThanOrEqual(64)
      expect(dhashDistance(a, c)).toBeLessThanOrEqual(dhashDistance(a, b) + dhashDistance(b, c))
    }),
  )
})

test('a photo that differs in few bits and was taken soon after is a duplicate of the closest', () => {
  const recent = new RecentPhotos<string>()
  recent.add('000000000000001f', 0, 'near')
  recent.add('0000000000000000', 1000, 'nearer')
  expect(recent.findDuplicate('0000000000000001', 60_000)).toBe('nearer')
})

test('seven bits or two minutes make it another photo', () => {
  const recent = new RecentPhotos<string>()
  recent.add('0000000000000000', 0, 'first')
  expect(recent.findDuplicate('000000000000003f', DUPLICATE_WINDOW_MS)).toBe('first')
  expect(recent.findDuplicate('000000000000007f', 1000)).toBeNull()
  expect(recent.findDuplicate('0000000000000000', DUPLICATE_WINDOW_MS + 1)).toBeNull()
})

test('only the last eight photos are remembered', () => {
  const recent = new RecentPhotos<number>()
  recent.add('0000000000000000', 0, 0)
  for (let i = 1; i <= 8; i++) recent.add('ffffffffffffffff', i, i)
  expect(recent.findDuplicate('0000000000000000', 10)).toBeNull()
})
