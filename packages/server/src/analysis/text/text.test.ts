import { describe, expect, it } from 'vitest'
import { splitClauses } from './clauses.ts'
import { fold, soundKey } from './fold.ts'
import { numberAt } from './numbers.ts'
import { jaccard, stem } from './stem.ts'
import { tokenize } from './tokens.ts'

const texts = (text: string, words?: { text: string; start: number; end: number }[]) =>
  splitClauses([{ id: 's', start: 0, end: 1, text, speaker: 'S1', rev: 0, words }]).map((clause) => clause.text)

describe('fold', () => {
  it('drops accents and keeps ñ', () => expect(fold('Mañana avisaré a ZOË')).toBe('mañana avisare a zoe'))
  it('gives words that sound alike one key', () => expect(soundKey(fold('hará'))).toBe(soundKey(fold('ará'))))
})

describe('tokenize', () => {
  it('keeps offsets into the text', () => {
    const text = '¿Qué, el 15/04 a las 10:30?'
    for (const token of tokenize(text)) expect(text.slice(token.start, token.end)).toBe(token.text)
    expect(tokenize(text).map((token) => token.plain)).toEqual(['que', 'el', '15/04', 'a', 'las', '10:30'])
  })
  it('parts a connector that lost its space', () => {
    expect(tokenize('entoncesmarta hará').map((token) => token.plain)).toEqual(['entonces', 'marta', 'hara'])
  })
})

describe('splitClauses', () => {
  it('cuts punctuated text at sentences and keeps decimals whole', () => {
    expect(texts('De acuerdo. Cuesta 3.5 euros. ¿Lo compramos?')).toEqual(['De acuerdo.', 'Cuesta 3.5 euros.', '¿Lo compramos?'])
  })

  it.each([
    [
      'propongo cambiar de proveedor mañana pediré una cotización nueva',
      ['propongo cambiar de proveedor', 'mañana pediré una cotización nueva'],
    ],
    ['perfecto yo prepararé el informe de riesgos', ['perfecto', 'yo prepararé el informe de riesgos']],
    ['de acuerdo decidimos cambiar de proveedor', ['de acuerdo', 'decidimos cambiar de proveedor']],
    ['ese es el riesgo principal qué podemos hacer', ['ese es el riesgo principal', 'qué podemos hacer']],
    ['buenos días carlos vamos a revisar el proyecto', ['buenos días carlos', 'vamos a revisar el proyecto']],
    ['no sé qué podemos hacer', ['no sé qué podemos hacer']],
  ])('cuts %j without punctuation', (text, expected) => expect(texts(text)).toEqual(expected))

  it('cuts unpunctuated text at a pause', () => {
    const words = [
      { text: 'llueve', start: 0, end: 0.4 },
      { text: 'mucho', start: 0.4, end: 0.8 },
      { text: 'salimos', start: 1.4, end: 1.9 },
    ]
    expect(texts('llueve mucho salimos', words)).toEqual(['llueve mucho', 'salimos'])
  })

  it('knows a question by its mark or its accented question word', () => {
    const is = (text: string) => splitClauses([{ id: 's', start: 0, end: 1, text, rev: 0 }]).map((clause) => clause.question)
    expect(is('¿Mantenemos la fecha? Sí.')).toEqual([true, false])
    expect(is('qué podemos hacer')).toEqual([true])
  })
})

describe('numberAt', () => {
  it.each([
    ['quince', 15],
    ['treinta y uno', 31],
    ['veintidos', 22],
    ['twenty five', 25],
    ['15', 15],
  ])('reads %s', (text, value) => expect(numberAt(text.split(' '), 0)?.value).toBe(value))
  it('is null for a word that is no number', () => expect(numberAt(['mesa'], 0)).toBeNull())
})

describe('stem', () => {
  it('joins forms of one word', () => {
    expect(stem('enviare', 'es')).toBe(stem('enviar', 'es'))
    expect(stem('riesgos', 'es')).toBe(stem('riesgo', 'es'))
    expect(stem('enviarlo', 'es')).toBe(stem('enviar', 'es'))
    expect(stem('risks', 'en')).toBe(stem('risk', 'en'))
  })
  it('measures how much two sets share', () => expect(jaccard(new Set(['a', 'b']), new Set(['b', 'c']))).toBeCloseTo(1 / 3))
})
