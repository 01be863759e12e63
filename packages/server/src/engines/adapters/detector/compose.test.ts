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
  composeObservation({ ...EMPTY, ...sight }, { language: 'es', ...options })

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

  test('says what it cannot do: answer any question, or look where a package is missing', () => {
    expect(say({}, { prompt: '¿Está enfadado?' }).description).toMatch(/^Sin un modelo de visión no se puede responder/)
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

describe('a question about the photo', () => {
  const sign = { texts: ['FARMACIA', 'Abierto 24 h'].map((text) => ({ text, score: 0.9, box: box(0, 0, 1, 0.1) })) }
  const qr = { codes: [{ format: 'QRCode', text: 'https://example.org' }] }
  const answer = (prompt: string, sight: Partial<Sight>, language = 'es') => say(sight, { prompt, language }).description

  test.each(['¿Qué pone en el cartel?', '¿Qué dice ahí?', 'Léeme el letrero; lee el texto', '¿Qué hay escrito en la puerta?'])(
    '%s: what is written, and nothing besides',
    (prompt) => {
      expect(answer(prompt, { ...sign, objects: [object('dog')] })).toBe(
        'Se lee: «FARMACIA», «Abierto 24 h». (Descripción de detectores automáticos, sin modelo de visión.)',
      )
    },
  )

  test('about text where there is none, or nothing that reads it, is answered by that', () => {
    expect(answer('¿Qué pone en el cartel?', {})).toMatch(/^No se lee ningún texto en la foto\./)
    expect(answer('¿Qué pone en el cartel?', { missing: ['text'] })).toMatch(/^No está instalado el lector de texto\./)
    expect(answer('What does the sign say?', sign, 'en')).toMatch(/^It reads: “FARMACIA”, “Abierto 24 h”\./)
  })

  test('about a code is answered by what it says', () => {
    expect(answer('¿Qué dice el código QR?', { ...qr, ...sign })).toMatch(
      /^Hay un código QR que dice «https:\/\/example\.org»\. \(/,
    )
    expect(answer('¿Hay un código de barras?', sign)).toMatch(/^No se encuentra ningún código/)
  })

  test('about a kind of thing says how many and where, and never that there is none', () => {
    const dogs = { objects: [object('dog', box(0, 0, 0.2, 1)), object('dog'), object('person')] }
    expect(answer('¿Cuántos perros hay?', dogs)).toMatch(/^Parece haber al menos 2 perros: a la izquierda, en el centro\./)
    expect(answer('¿Hay alguien?', dogs)).toMatch(/^Parece haber una persona: en el centro\./)
    expect(answer('¿Ves un semáforo?', dogs)).toMatch(/^El detector no encuentra semáforos, aunque puede haber\./)
    expect(answer('¿Hay gente?', { missing: ['objects'] })).toMatch(/^No está instalado el detector/)
    expect(answer('How many dogs are there?', dogs, 'en')).toContain('× 2')
  })

  test.each([
    '¿Es seguro cruzar si no viene ningún coche?',
    '¿Es peligroso ese perro?',
    '¿Por qué hay un perro?',
    '¿De qué color es el coche?',
    '¿Quién es la persona de la izquierda?',
    '¿Qué hace el perro?',
    '¿A qué hora abre?',
    'Is it safe to cross?',
  ])('%s: it says that this cannot be answered', (prompt) => {
    const { description } = say({ objects: [object('dog')] }, { prompt })
    expect(description).toMatch(/^Sin un modelo de visión no se puede responder a la pregunta; .* Parece haber un perro\./)
  })

  test('about what is there is answered by the description', () => {
    expect(answer('¿Qué ves?', { objects: [object('dog')] })).toMatch(/^Parece haber un perro\./)
  })

  test('a possible danger is said all the same', () => {
    expect(answer('¿Qué pone?', { ...sign, objects: [object('knife')] })).toMatch(/^Se lee: .* Atención, posible objeto cortante/)
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
