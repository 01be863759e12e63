import { expect, test } from 'vitest'
import { judgePhoto } from './gate.ts'

const good = { light: 120, sharpness: 800, width: 1024, height: 768 }

test('a sharp photo in ordinary light has no problem', () => {
  expect(judgePhoto(good)).toEqual({ usable: true })
})

test.each([
  ['dark', { light: 30 }],
  ['blurred', { sharpness: 12 }],
  ['bright', { light: 235, sharpness: 20 }],
  ['low_resolution', { height: 100 }],
] as const)('a photo that is a little %s is described all the same, and the problem named', (problem, change) => {
  expect(judgePhoto({ ...good, ...change })).toEqual({ usable: true, problem })
})

test.each([
  ['dark', { light: 4, sharpness: 0 }],
  ['blurred', { sharpness: 0 }],
  ['bright', { light: 254, sharpness: 0 }],
  ['low_resolution', { width: 8 }],
] as const)('nothing is said of what a photo shows that is far too %s', (problem, change) => {
  expect(judgePhoto({ ...good, ...change })).toEqual({ usable: false, problem })
})

test('a white page full of text is not called too bright', () => {
  expect(judgePhoto({ ...good, light: 240, sharpness: 4900 })).toEqual({ usable: true })
})
