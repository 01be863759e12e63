import { describe, expect, it } from 'vitest'
import { exclusionOf, gated } from './gate.ts'
import { longestLoop } from './repetition.ts'

const heard = (text: string, seconds = 10) => ({ text, startMs: 0, endMs: seconds * 1000 })

describe('the gate against what recognizers make up', () => {
  it.each([
    'gracias gracias gracias gracias gracias gracias gracias',
    'y luego nos vamos a casa y luego nos vamos a casa y luego nos vamos a casa y luego nos vamos a casa',
    'Bueno, ya está, ya está, ya está, ya está, ya está, ya está.',
    'the the the the the the the the',
  ])('marks the loop %j', (text) => {
    expect(exclusionOf(heard(text))).toBe('repetition')
  })

  it('marks more text than can be said in the time', () => {
    const text = Array.from({ length: 40 }, (_, at) => `palabra${at}`).join(' ')
    expect(exclusionOf(heard(text, 3))).toBe('repetition')
    expect(exclusionOf(heard(text, 20))).toBeUndefined()
  })

  it.each([
    'Subtítulos realizados por la comunidad de Amara.org',
    '¡Gracias por ver el vídeo!',
    'Suscríbete al canal. ¡Suscríbete!',
    'Thanks for watching!',
    'Thank you for watching. Thank you for watching.',
    'Sous-titres réalisés par la communauté d’Amara.org',
  ])('marks the caption %j', (text) => {
    expect(exclusionOf(heard(text))).toBe('boilerplate')
  })

  it.each([
    'No, no, no, espera un momento',
    'Sí sí sí, claro que sí',
    'Gracias por venir, ya veremos el vídeo mañana',
    'Uno, dos, tres, cuatro, cinco, seis, siete, ocho',
    'Hay que comprar pan, comprar leche, comprar huevos y comprar agua',
    'Le dije que se suscribe al canal quien quiere',
  ])('lets people say %j', (text) => {
    expect(exclusionOf(heard(text))).toBeUndefined()
  })

  it('keeps the text and what the recognizer itself said of it', () => {
    const loop = heard('hola hola hola hola hola hola hola')
    expect(gated(loop)).toEqual({ ...loop, excluded: 'repetition' })
    expect(gated({ ...loop, excluded: 'unreliable' as const }).excluded).toBe('unreliable')
    expect(gated(heard(''))).toEqual(heard(''))
  })

  it('counts the words of a loop', () => {
    expect(longestLoop('a b a b a b a b c'.split(' '))).toBe(8)
    expect(longestLoop('a b c d'.split(' '))).toBe(0)
  })
})
