import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boxScale, laplacianVariance, lumaOf, meanLuma, type Pixels } from './pixels.ts'

const grey = (width: number, height: number, data: readonly number[]): Pixels => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from(data),
})

test('luma weighs red, green and blue as eyes do, and takes grey as it is', () => {
  const colours = [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]
  expect([...lumaOf({ width: 4, height: 1, channels: 3, data: Uint8Array.from(colours) })]).toEqual([77, 149, 29, 255])
  expect([...lumaOf({ width: 2, height: 1, channels: 2, data: Uint8Array.of(10, 99, 20, 99) })]).toEqual([10, 20])
})

test('a smaller picture has the means of what it covers, channel by channel', () => {
  expect([...boxScale(grey(4, 2, [0, 10, 100, 200, 20, 30, 100, 200]), 2, 1).data]).toEqual([15, 150])
  const rgb: Pixels = { width: 2, height: 1, channels: 3, data: Uint8Array.of(10, 20, 30, 30, 40, 50) }
  expect([...boxScale(rgb, 1, 1).data]).toEqual([20, 30, 40])
})

test('a larger picture repeats pixels', () => {
  expect([...boxScale(grey(2, 1, [1, 9]), 4, 2).data]).toEqual([1, 1, 9, 9, 1, 1, 9, 9])
})

test('scaling keeps the range, and one colour stays itself at any size', () => {
  const size = fc.integer({ min: 1, max: 12 })
  fc.assert(
    fc.property(size, size, size, size, fc.nat(255), (width, height, w, h, value) => {
      const flat = boxScale(grey(width, height, Array(width * height).fill(value)), w, h)
      expect(flat.data).toHaveLength(w * h)
      expect(flat.data.every((one) => one === value)).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test('edges show in the variance of the Laplacian, and nothing shows where there are none', () => {
  const stripes = Uint8Array.from({ length: 64 }, (_, i) => (i % 2) * 200)
  expect(laplacianVariance(stripes, 8, 8)).toBeGreaterThan(10_000)
  expect(laplacianVariance(new Uint8Array(64).fill(90), 8, 8)).toBe(0)
  expect(laplacianVariance(new Uint8Array(4), 2, 2)).toBe(0)
  expect([meanLuma(stripes), meanLuma(new Uint8Array())]).toEqual([100, 0])
})
