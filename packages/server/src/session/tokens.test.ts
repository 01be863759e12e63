import { expect, it } from 'vitest'
import { issueToken, tokenMatches } from './tokens.ts'

it('accepts the newest token and the one that its client came with, and no older or foreign one', () => {
  const first = issueToken()
  const second = issueToken(first.token)
  const third = issueToken(second.token)
  expect(tokenMatches(third.token, third.stored)).toBe(true)
  expect(tokenMatches(second.token, third.stored)).toBe(true)
  expect(tokenMatches(first.token, third.stored)).toBe(false)
  expect(tokenMatches('', third.stored)).toBe(false)
})

it('lets a client in that never hears the answer, however often its connection dies', () => {
  const { token } = issueToken()
  for (let death = 0; death < 5; death++) expect(tokenMatches(token, issueToken(token).stored)).toBe(true)
})

it('stores no token in the clear', () => {
  const { token, stored } = issueToken()
  expect(stored).not.toContain(token)
})
