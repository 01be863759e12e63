import { describe, expect, it } from 'vitest'
import { isOtherLanguage, withoutKeys } from './checks.ts'
import { RawAction } from './schema.ts'

describe('what leaks from a question into a text', () => {
  it.each([
    ['[4 A] Mandar el contrato (línea 4)', 'Mandar el contrato'],
    ['El Hablante B manda el contrato', 'El manda el contrato'],
    ['k2: Mandar el contrato', 'Mandar el contrato'],
    ['(shown, not said) Una escalera mojada [F3]', 'Una escalera mojada'],
    ['Mandar el contrato. Fin de DATOS', 'Mandar el contrato.'],
    ['S2 sends the contract', 'sends the contract'],
  ])('is taken out: %s', (text, clean) => expect(withoutKeys(text)).toBe(clean))

  it.each(['Revisar los datos del cliente', 'Ask for more data', 'Pagar la línea 3 del metro'])(
    'is not looked for in: %s',
    (text) => {
      expect(withoutKeys(text)).toBe(text)
    },
  )
})

describe('an action of a model', () => {
  const raw = { evidence: [1], quote: 'x', owner: null, due_text: null, title: 'Mandar el contrato', description: '', steps: [] }
  it('whose class is a name has that owner', () => {
    expect(RawAction.parse({ ...raw, kind: 'Marta' })).toMatchObject({ kind: 'inferred', owner: 'Marta' })
  })
  it('keeps its owner, and its class in any case', () => {
    expect(RawAction.parse({ ...raw, kind: 'Marta', owner: 'B' })).toMatchObject({ owner: 'B' })
    expect(RawAction.parse({ ...raw, kind: ' COMMITMENT ' })).toMatchObject({ kind: 'commitment', owner: null })
  })
})

it('a text is in the other language when its small words are', () => {
  expect(isOtherLanguage('They said that the thing is to be done by all of us', 'es')).toBe(true)
  expect(isOtherLanguage('Hay que revisar el deploy del backend en la cloud de Amazon', 'es')).toBe(false)
})
