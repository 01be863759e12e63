import { expect, it } from 'vitest'
import { issueToken, tokenMatches } from './tokens.ts'

it('accepts the newest token and the one before it, and no older or foreign one', () => {
  const first = issueToken()
  const second = issueToken(first.stored)
  const third = issueToken(second.stored)
  expect(tokenMatches(third.token, third.stored)).toBe(true)
  expect(tokenMatches(second.token, third.stored)).toBe(true)
  expect(tokenMatches(first.token, third.stored)).toBe(false)
  expect(tokenMatches('', third.stored)).toBe(false)
})

it('stores no token in the clear', () => {
  const { token, stored } = issueToken()
  expect(stored).not.toContain(token)
})
