import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FragmentSplitter } from './sentences.ts'

const split = (pieces: readonly string[]): string[] => {
  const splitter = new FragmentSplitter()
  return [...pieces.flatMap((piece) => splitter.push(piece)), ...splitter.end()]
}

describe('fragments to be spoken', () => {
  it('are the same however the text arrives, and lose no word', () => {
    const word = fc.constantFrom(
      'hola',
      'Sr.',
      'mañana,',
      'vale.',
      '29.',
      'qué?',
      'sí!',
      'etc.',
      '3,5',
      'EE. UU.',
      'cosas;',
      'fin',
    )
    fc.assert(
      fc.property(
        fc.array(word, { maxLength: 80 }),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 9 }),
        (words, cuts) => {
          const text = words.join(' ')
          const whole: string[] = []
          for (let at = 0, i = 0; at < text.length; i += 1) {
            const size = cuts[i % cuts.length]!
            whole.push(text.slice(at, at + size))
            at += size
          }
          expect(split(whole).join(' ')).toBe(text.trim())
          expect(split(whole).every((fragment) => fragment.length <= 241)).toBe(true)
        },
      ),
    )
  })

  it('begin with a short one and do not end at an abbreviation or a number', () => {
    expect(split(['Vino el Sr. Pérez. Y luego se fue.'])).toEqual(['Vino el Sr. Pérez.', 'Y luego se fue.'])
    expect(split(['Claro que te lo cuento ahora mismo, que es una historia larga y bonita.'])[0]).toBe(
      'Claro que te lo cuento ahora mismo,',
    )
  })
})
