import type { ServerMessageOf } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { errorOfClose, type Standing, verdictOn } from './refusal.ts'

const FIRST: Standing = { isConfigured: false, wasOpen: false, isEnding: false, refusals: 0 }
const OPEN: Standing = { ...FIRST, isConfigured: true, wasOpen: true }
const error = (code: ServerMessageOf<'error'>['code'], retryable = false) =>
  ({ type: 'error', code, message: 'm', retryable }) as ServerMessageOf<'error'>

describe('an error of the server', () => {
  it('is told, and the session goes on, where it does not end it', () => {
    expect(verdictOn(error('not_supported'), OPEN)).toBe('told')
    expect(verdictOn(error('overloaded', true), OPEN)).toBe('told')
  })

  it('ends a session that was refused for good', () => {
    expect(verdictOn(error('unauthorized'), FIRST)).toBe('fail')
    expect(verdictOn(error('unsupported_codec'), FIRST)).toBe('fail')
  })

  it('is tried again where it may pass: a few times at first, always with audio at stake', () => {
    const refusals = [0, 1, 2, 3, 4, 5]
    expect(refusals.map((n) => verdictOn(error('overloaded', true), { ...FIRST, refusals: n }))).toEqual([
      'retry',
      'retry',
      'retry',
      'retry',
      'fail',
      'fail',
    ])
    const back = { ...FIRST, wasOpen: true, refusals: 1000 }
    expect(verdictOn(error('overloaded', true), back)).toBe('retry')
    expect(verdictOn(error('internal'), back)).toBe('retry')
  })

  it('leads to the question how the session stands where its end may have arrived', () => {
    expect(verdictOn(error('session_not_live'), { ...FIRST, wasOpen: true, isEnding: true })).toBe('ask')
    expect(verdictOn(error('session_not_live'), { ...FIRST, wasOpen: true })).toBe('fail')
  })
})

it('a socket that closes with a final code ends the session, any other does not', () => {
  expect([4401, 4404, 4409].map((code) => errorOfClose(code)?.code)).toEqual([
    'unauthorized',
    'session_not_found',
    'session_superseded',
  ])
  expect([1000, 1006, 1012, 4429].map(errorOfClose)).toEqual([null, null, null, null])
})
