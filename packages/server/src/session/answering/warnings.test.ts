import { expect, test } from 'vitest'
import { Warnings, warningText } from './warnings.ts'

const knife = { what: 'un cuchillo', where: 'al borde de la mesa', why: 'corte', severity: 'high' } as const
const spoken = async (warnings: Warnings) => {
  const events = await Array.fromAsync(warnings.take()?.answer({} as never, new AbortController().signal) ?? [])
  return events.map((event) => (event.type === 'text' ? event.text : '')).join('')
}

test('says what, where and why, in Spanish or English, and leaves out what is not known', () => {
  expect(warningText(knife, 'es')).toBe('Cuidado: un cuchillo, al borde de la mesa, corte.')
  expect(warningText({ ...knife, what: 'a knife', where: '', why: 'cut' }, 'en-GB')).toBe('Careful: a knife, cut.')
})

test('what waits is said once, and of too many the oldest is dropped', async () => {
  const warnings = new Warnings()
  for (const what of ['uno', 'dos', 'tres', 'cuatro']) warnings.add({ ...knife, what, where: '', why: '' }, 'es')
  expect(await spoken(warnings)).toBe('Cuidado: dos. Cuidado: tres. Cuidado: cuatro.')
  expect([warnings.isEmpty, warnings.take()]).toEqual([true, null])
})
