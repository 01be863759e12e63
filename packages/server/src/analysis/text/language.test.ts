import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readGold } from '../eval/gold.ts'
import { languageCues, type RuleLanguage, toldLanguage } from './language.ts'
import { tokenize } from './tokens.ts'

const gold = await readGold(fileURLToPath(new URL('../../../test/gold/sessions', import.meta.url)))
const told = (text: string, usual: RuleLanguage) => toldLanguage(tokenize(text), usual)

describe('the language of a line', () => {
  it.each([
    ["I'll send you the report tomorrow.", 'es', 'en'],
    ['Sure.', 'es', 'en'],
    ['Can you call the supplier?', 'es', 'en'],
    ["We've decided to keep the old supplier.", 'es', 'en'],
    ['Mañana te mando el informe.', 'en', 'es'],
    ['Vale, perfecto.', 'en', 'es'],
    ['Hay que cambiar los discos.', 'en', 'es'],
    // the usual language wins where both are spoken
    ['Mañana te mando el report del meeting.', 'es', 'es'],
    ['Vamos a ver The Lord of the Rings el sábado', 'es', 'es'],
    ["Let's have tapas and call La Casa del Pan.", 'en', 'en'],
  ] as const)('%s (in %s talk) is %s', (text, usual, language) => expect(told(text, usual)).toBe(language))

  it.each(['No.', 'OK', 'Marketing', '3, 4, 5', 'Me.', ''])('is not told by: %s', (text) => {
    expect([told(text, 'es'), told(text, 'en')]).toEqual([null, null])
  })

  it('is that of the session for each line of the gold set, also where the other one is usual', () => {
    let [long, right] = [0, 0]
    for (const { id, language, lines } of gold) {
      const other = language === 'es' ? 'en' : 'es'
      for (const { text } of lines) {
        expect(told(text, language) ?? language, `${id}: ${text}`).toBe(language)
        if (tokenize(text).length < 6) continue
        long++
        if (told(text, other) === language) right++
      }
    }
    expect(long).toBeGreaterThan(200)
    expect(right / long).toBeGreaterThan(0.95)
  })

  it('does not hang on capitals, accents, marks or the order of words', () => {
    const lines = gold.flatMap((session) => session.lines.map(({ text }) => text))
    fc.assert(
      fc.property(fc.constantFrom(...lines), fc.constantFrom('es' as const, 'en' as const), fc.nat(), (text, usual, turn) => {
        const words = tokenize(text).map((token) => token.text)
        const at = words.length === 0 ? 0 : turn % words.length
        const turned = [...words.slice(at), ...words.slice(0, at)]
          .join(', ')
          .toUpperCase()
          .normalize('NFD')
          .replace(/(?<!n)\u0301/giu, '')
        expect(told(turned, usual)).toBe(told(text, usual))
      }),
      { numRuns: 100 },
    )
  })

  it('is told by words that only one of the two has', () => {
    expect(languageCues(tokenize('no me he once has sin'))).toEqual({ es: 0, en: 0 })
    expect(languageCues(tokenize('I’ll I’ll the the el'))).toEqual({ es: 1, en: 2 })
  })
})
