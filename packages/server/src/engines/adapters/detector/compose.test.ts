import { describe, expect, test } from 'vitest'
import { composeObservation } from './compose.ts'
import { possibleDangers } from './dangers.ts'
import { LABELS } from './labels.ts'
import type { Box, DetectedObject, Sight } from './sight.ts'

const EMPTY: Sight = { objects: [], texts: [], codes: [], missing: [] }
const box = (left: number, top: number, right: number, bottom: number): Box => ({ left, top, right, bottom })
const object = (name: string, where = box(0.4, 0.4, 0.6, 0.6), score = 0.6): DetectedObject => ({
  classId: LABELS.findIndex(({ en }) => en === name),
  score,
  box: where,
})
const say = (sight: Partial<Sight>, options: Partial<Parameters<typeof composeObservation>[1]> = {}) =>
  composeObservation({ ...EMPTY, ...sight }, { language: 'es', asked: false, ...options })

describe('the embedded observation', () => {
  test('counts people first, then things, and says who made it', () => {
    const { description, people, objects } = say({
      objects: [object('bicycle', box(0, 0, 0.2, 1)), object('person', box(0.8, 0, 1, 1)), object('person'), object('dog')],
    })
    expect(description).toBe(
      'Parece haber al menos 2 personas, una bicicleta y un perro. (Descripción de detectores automáticos, sin modelo de visión.)',
    )
    expect(people).toEqual(['una persona a la derecha', 'una persona en el centro'])
    expect(objects).toEqual(['una bicicleta a la izquierda', 'un perro en el centro'])
  })

  test('invents nothing when nothing was found', () => {
    const { description, ...rest } = say({})
    expect(description).toContain('No se reconoce ningún objeto ni persona.')
    expect(rest).toMatchObject({ people: [], objects: [], text_visible: [], dangers: [] })
    expect(description).not.toMatch(/segur/)
  })

  test('quotes text and codes as they were read', () => {
    const { description, text_visible } = say({
      texts: [{ text: 'SALIDA DE', score: 0.9, box: box(0, 0, 1, 0.1) }],
      codes: [{ format: 'QRCode', text: 'https://example.org' }],
    })
    expect(description).toContain('Se lee: «SALIDA DE».')
    expect(description).toContain('Hay un código QR que dice «https://example.org».')
    expect(text_visible).toEqual(['SALIDA DE', 'https://example.org'])
  })

  test('says what it cannot do: answer a question, or look where a package is missing', () => {
    expect(say({}, { asked: true }).description).toMatch(/^Sin un modelo de visión no se puede responder/)
    const { description, uncertain } = say({ missing: ['objects', 'text'] })
    expect(uncertain).toContain('No está instalado el lector de texto.')
    expect(description).not.toContain('No se reconoce')
  })

  test('names poor light and blur', () => {
    expect(say({}, { measured: { light: 30, sharpness: 10 } }).description).toContain('La foto tiene poca luz y está borrosa.')
  })

  test('speaks English when asked', () => {
    const { description, people } = say({ objects: [object('person'), object('umbrella')] }, { language: 'en-GB' })
    expect(description).toContain('There seems to be a person and an umbrella.')
    expect(people).toEqual(['person in the centre'])
  })
})

describe('possible dangers', () => {
  test('a vehicle counts as near only when it fills much of the picture', () => {
    expect(possibleDangers([object('car', box(0.7, 0.1, 0.9, 0.3))], 'es')).toEqual([])
    expect(possibleDangers([object('car', box(0.4, 0.1, 1, 0.9))], 'es')).toEqual([
      {
        what: 'posible vehículo cerca: un coche',
        why: 'atropello, si está en marcha',
        where: 'a la derecha',
        severity: 'medium',
        certainty: 'low',
      },
    ])
  })

  test('come first in the description and only from detected classes', () => {
    const { description, dangers } = say({ objects: [object('knife'), object('person')] })
    expect(description).toMatch(/^Atención, posible objeto cortante: un cuchillo en el centro \(corte\)\. Parece haber/)
    expect(dangers).toHaveLength(1)
    expect(
      say({ objects: LABELS.map(({ en }) => object(en, box(0, 0, 1, 1))) }).dangers.every(({ certainty }) => certainty === 'low'),
    ).toBe(true)
  })
})
