import { expect, test } from 'vitest'
import { EMPTY_DRAFT } from '../observation.ts'
import { distanceToPiece } from './edit-distance.ts'
import { Expectation, parseExpectations } from './expectations.ts'
import { type Seen, scorePhoto, scoreSet } from './score.ts'

const seen = (change: Partial<Seen>): Seen => ({ ...structuredClone(EMPTY_DRAFT), timings: { total: 100, model: 60 }, ...change })
const expected = (change: object) => Expectation.parse(change)
const danger = { what: 'cuchillo', why: 'corte', where: '', severity: 'low', certainty: 'low' } as const

test('a mention counts anywhere in the answer, without accents, at the beginning of a word, in any of its alternatives', () => {
  const score = scorePhoto(
    expected({ must_mention: ['bici', ['camión', 'furgoneta'], 'ala', 'gato'] }),
    seen({ description: 'Hay dos bicicletas en una sala.', objects: ['un CAMION a la derecha'] }),
  )
  expect(score.mentions).toEqual({ found: 2, expected: 4, missing: ['ala', 'gato'] })
})

test('what is not in the photo and was said counts as wrong; doubts do not', () => {
  const score = scorePhoto(expected({ must_not_mention: ['perro', 'gato'] }), {
    ...seen({ description: 'Un perro.' }),
    ...{ uncertain: ['quizá un gato'] },
  })
  expect(score.wrong).toEqual(['perro'])
})

test('a denial is no mention', () => {
  const said = seen({ description: 'No se reconoce ningún objeto ni persona. Hay un perro.' })
  expect(scorePhoto(expected({ must_not_mention: ['persona', 'perro'] }), said).wrong).toEqual(['perro'])
})

test('dangers: false and missed ones, and those left open', () => {
  const scores = [
    scorePhoto(expected({ danger: false }), seen({ dangers: [danger] })),
    scorePhoto(expected({ danger: true }), seen({})),
    scorePhoto(expected({ danger: true }), seen({ dangers: [danger] })),
    scorePhoto(expected({}), seen({ dangers: [danger] })),
  ]
  expect(scoreSet(scores)).toMatchObject({ falseDangers: 1, missedDangers: 1, dangersExpected: 2 })
})

test('text is counted in letters, accents included, wherever the lines were broken', () => {
  const { text } = scorePhoto(
    expected({ text: ['¡Cuidado! Niños jugando', 'NO PASAR'] }),
    seen({ text_visible: ['iCuidado! Ninos', 'jugando', 'no pasar'] }),
  )
  expect(text).toEqual({ right: 29, expected: 31 })
})

test('nothing read is nothing right', () => {
  expect(scorePhoto(expected({ text: ['SALIDA'] }), seen({})).text).toEqual({ right: 0, expected: 6 })
})

test('banned inferences are counted by kind, failures as failures, times by nearest rank', () => {
  const scores = [
    scorePhoto(expected({}), seen({ description: 'El lugar es seguro.', timings: { model: 10, total: 20 } })),
    scorePhoto(expected({}), seen({ description: 'Parece triste.', timings: { model: 30, total: 50 } })),
    null,
  ]
  expect(scoreSet(scores)).toMatchObject({
    photos: 3,
    failed: 1,
    mentionRecall: null,
    banned: { safety: 1, emotion: 1, health: 0 },
    modelMs: { p50: 10, p95: 30 },
    totalMs: { p50: 20, p95: 50 },
  })
})

test('the distance to a piece of a text ignores what stands around it', () => {
  expect(distanceToPiece('salida', 'por la salida de')).toBe(0)
  expect(distanceToPiece('salida', 'sa1ida')).toBe(1)
  expect(distanceToPiece('abc', '')).toBe(3)
})

test('a wrong file of expectations says where', () => {
  expect(() => parseExpectations('{"a.jpg": {"must_mention": [""]}}')).toThrow(/a\.jpg\.must_mention/)
  expect(() => parseExpectations('nope')).toThrow(/JSON/)
})
