import { expect, it } from 'vitest'
import { modelRetryMs } from './model-retry.ts'

const failed = { warnings: [{ code: 'model_failed', message: '' }], isAway: false, tried: 0, firstMs: 1000 }
const fine = { ...failed, warnings: [{ code: 'summary_extractive', message: '' }] }

it('waits six times as long after each try, and gives up after five', () => {
  const pauses = [0, 1, 2, 3, 4, 5].map((tried) => modelRetryMs({ ...failed, tried }))
  expect(pauses).toEqual([1000, 6000, 36_000, 216_000, 1_296_000, null])
})

it('asks again for what failed in parts, and for a model that is not there', () => {
  expect(modelRetryMs({ ...failed, warnings: [{ code: 'model_part_failed', message: '' }] })).toBe(1000)
  expect(modelRetryMs({ ...fine, isAway: true })).toBe(1000)
})

it('asks nothing again where nothing is owed, or where it is switched off', () => {
  expect([modelRetryMs(fine), modelRetryMs({ ...failed, firstMs: 0 })]).toEqual([null, null])
})
