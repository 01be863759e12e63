import { expect, it } from 'vitest'
import { keyInAddress, pairingUrl } from './pairing.ts'

it('reads back the key of a pairing code, and leaves nothing of it in the address', () => {
  const url = pairingUrl('https://vigia.local:8000', 'vt_a+b/c=.d')
  expect(keyInAddress(new URL(url).hash)).toEqual({ key: 'vt_a+b/c=.d', rest: '/' })
})

it("reads the address that the server's terminal prints", () => {
  expect(keyInAddress('#key=vk_abc')).toEqual({ key: 'vk_abc', rest: '/' })
})

it('keeps where the address leads', () => {
  expect(keyInAddress('#/sessions/a%20b?t=3&key=k')).toEqual({ key: 'k', rest: '/sessions/a%20b?t=3' })
  expect(keyInAddress('#/sessions?t=3')).toBeNull()
  expect(pairingUrl('http://a', '')).toBe('http://a/#/')
})
