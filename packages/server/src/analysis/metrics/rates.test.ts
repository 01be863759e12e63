import { describe, expect, it } from 'vitest'
import { characterErrorRate } from './cer.ts'
import { cpWordErrorRate } from './cp-wer.ts'

describe('character error rate', () => {
  it('counts letters after the normaliser', () => {
    expect(characterErrorRate('¡Hola, mundo!', 'hola mundo')).toBe(0)
    expect(characterErrorRate('hola', 'hole')).toBe(0.25)
    expect(characterErrorRate('casa', 'casas')).toBe(0.25)
    expect(characterErrorRate('año', 'ano')).toBeCloseTo(1 / 3)
    expect(characterErrorRate('', 'x')).toBe(1)
    expect(characterErrorRate('', '')).toBe(0)
  })
})

describe('cpWER', () => {
  const reference = [
    { speaker: 'ana', text: 'hola qué tal' },
    { speaker: 'eva', text: 'muy bien' },
    { speaker: 'ana', text: 'me alegro' },
  ]
  it('does not care what speakers are called, nor in how many pieces they speak', () => {
    expect(
      cpWordErrorRate(reference, [
        { speaker: 'S2', text: 'hola qué tal me alegro' },
        { speaker: 'S1', text: 'muy bien' },
      ]),
    ).toBe(0)
  })
  it('counts words given to the wrong speaker twice: missing there, too many here', () => {
    // "muy bien" (2 words) at the other speaker: 2 insertions there, 2 deletions here, of 7 words.
    expect(cpWordErrorRate(reference, [{ speaker: 'S1', text: 'hola qué tal muy bien me alegro' }])).toBeCloseTo(4 / 7)
  })
  it('counts a speaker too many in full', () => {
    const more = [
      { speaker: 'S1', text: 'hola qué tal me alegro' },
      { speaker: 'S2', text: 'muy bien' },
      { speaker: 'S3', text: 'nadie' },
    ]
    expect(cpWordErrorRate(reference, more)).toBeCloseTo(1 / 7)
  })
  it('also assigns more speakers than are tried exactly', () => {
    const many = Array.from({ length: 10 }, (_, at) => ({ speaker: `r${at}`, text: `palabra${at}` }))
    expect(cpWordErrorRate(many, many.toReversed())).toBe(0)
  })
})
