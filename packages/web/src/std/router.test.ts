import { expect, it } from 'vitest'
import { parseRoute } from './router.ts'

it('reads path and query behind the #', () => {
  const { path, query } = parseRoute('#/sessions/a%20b?t=3.5')
  expect(path).toEqual(['sessions', 'a b'])
  expect(query.get('t')).toBe('3.5')
  expect(parseRoute('').path).toEqual([])
})

it('takes an address that was cut in the middle of a letter as it is', () => {
  expect(parseRoute('#/sessions/caf%C3').path).toEqual(['sessions', 'caf%C3'])
})
