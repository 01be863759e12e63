import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFakeClock, type FakeClock } from '../std/fake-clock.ts'
import { Access, type AccessOptions } from './access.ts'
import { credentialOf } from './credentials.ts'
import { KeyFile } from './key-file.ts'
import { addKey, revokeKey } from './keys.ts'
import { hostKnown, originAllowed } from './origin.ts'
import type { Scope } from './scopes.ts'
import { TokenBuckets } from './token-bucket.ts'

let dir: string
let keys: KeyFile
let clock: FakeClock
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'vigia-access-'))
  keys = new KeyFile(dir)
  clock = createFakeClock()
})
afterEach(() => rmSync(dir, { recursive: true }))

const FAST = { burst: 1000, perSecond: 1000 }
const open = (options: Partial<AccessOptions> = {}): Access =>
  new Access({
    keys,
    clock,
    mode: 'auto',
    loopback: true,
    rules: { origins: ['https://app.example'], hosts: ['lab.local'], https: false },
    rates: { requests: FAST, sessions: FAST, photos: FAST },
    ...options,
  })

function create(scopes?: Scope[], expiresAt: string | null = null): { key: string; id: string } {
  let made = { key: '', id: '' }
  keys.change((ring) => {
    const { key, stored, ring: next } = addKey(ring, { name: 'test', scopes, expiresAt }, new Date(clock.wallMs()).toISOString())
    made = { key, id: stored.id }
    return next
  })
  return made
}

const from = (credential: string | null, origin?: string) => ({ credential, origin, host: '127.0.0.1:8000', ip: '127.0.0.1' })

describe('keys', () => {
  it('keeps a keyed hash and no key, in a file for its owner only', () => {
    const { key, id } = create()
    const text = readFileSync(keys.path, 'utf8')
    expect(text).toContain(id)
    expect(text).not.toContain(key.split('_')[2])
    expect(statSync(keys.path).mode & 0o777).toBe(0o600)
  })

  it('are good until revoked or expired, seen by a server that runs', async () => {
    const access = open()
    const { key, id } = create(['read'])
    const until = create(['read'], new Date(clock.wallMs() + 1000).toISOString())
    const principal = access.authenticate(from(key))
    expect(principal).toEqual({ owner: id, scopes: ['read'], seesAll: false })
    expect(access.stillGood(principal)).toBe(true)
    expect(access.authenticate(from(until.key)).owner).toBe(until.id)
    new KeyFile(dir).change((ring) => revokeKey(ring, id, '2026-01-01T00:00:00.000Z'))
    expect(() => access.authenticate(from(key))).toThrow(expect.objectContaining({ code: 'unauthorized' }))
    expect(access.stillGood(principal)).toBe(false)
    await clock.advance(1001)
    expect(() => access.authenticate(from(until.key))).toThrow(expect.objectContaining({ code: 'unauthorized' }))
    // taking the last key away does not open the door
    expect(access.isOpen).toBe(false)
  })

  it('stops the start at a damaged file instead of opening the server', () => {
    create()
    writeFileSync(keys.path, '{')
    expect(() => open().authenticate(from(null))).toThrow(expect.objectContaining({ code: 'config_invalid' }))
  })

  it('no text but the key itself is taken', () => {
    const access = open({ rates: { requests: FAST, sessions: FAST, photos: FAST } })
    const { key } = create()
    fc.assert(
      fc.property(fc.nat(key.length - 1), fc.constantFrom(...'aB3_-x'), (at, letter) => {
        const changed = key.slice(0, at) + letter + key.slice(at + 1)
        fc.pre(changed !== key)
        expect(() => access.authenticate({ ...from(changed), ip: String(Math.random()) })).toThrow()
      }),
    )
  })
})

describe('an open server', () => {
  it('is open only on loopback and only without keys, unless told', () => {
    expect(open().isOpen).toBe(true)
    expect(open({ loopback: false }).isOpen).toBe(false)
    expect(open({ loopback: false, mode: 'open' }).isOpen).toBe(true)
    create()
    expect(open().isOpen).toBe(false)
    expect(() => open().authenticate(from(null))).toThrow(expect.objectContaining({ code: 'unauthorized' }))
  })

  it('lets no page in that was led here under its own name', () => {
    const rebound = { credential: null, origin: 'http://evil.example:8000', host: 'evil.example:8000', ip: '127.0.0.1' }
    expect(() => open().authenticate(rebound)).toThrow(expect.objectContaining({ code: 'origin_not_allowed' }))
    expect(() => open().authenticate({ ...rebound, origin: undefined })).toThrow(
      expect.objectContaining({ code: 'origin_not_allowed' }),
    )
  })
})

describe('tokens', () => {
  const request = { scopes: ['live' as const], lifetimeMs: 60_000, once: true }

  it('are for one use, one origin and a minute, and die with their key', () => {
    const access = open()
    const { key, id } = create(['live', 'read'])
    const holder = access.authenticate(from(key))
    const issue = (more = {}) => access.issue(holder, { ...request, ...more }, '').token
    const token = issue()
    expect(access.authenticate(from(token))).toMatchObject({ owner: id, scopes: ['live'] })
    expect(() => access.authenticate(from(token))).toThrow(expect.objectContaining({ code: 'unauthorized' }))
    const bound = issue({ origin: 'https://app.example' })
    expect(() => access.authenticate(from(bound))).toThrow(expect.objectContaining({ code: 'unauthorized' }))
    expect(access.authenticate(from(bound, 'https://app.example')).owner).toBe(id)
    const many = issue({ once: false })
    for (let i = 0; i < 3; i++) expect(access.authenticate(from(many)).owner).toBe(id)
    const kept = issue({ once: false })
    keys.change((ring) => revokeKey(ring, id, 'now'))
    create()
    expect(() => access.authenticate(from(kept))).toThrow(expect.objectContaining({ code: 'unauthorized' }))
  })

  it('end at their time', async () => {
    const access = open()
    const { key } = create()
    const token = access.issue(access.authenticate(from(key)), request, '').token
    await clock.advance(60_000)
    expect(() => access.authenticate(from(token))).toThrow(expect.objectContaining({ code: 'unauthorized' }))
  })

  it('give no more than their holder has, and make no others', () => {
    const access = open()
    const { key } = create(['read'])
    const holder = access.authenticate(from(key))
    const issued = access.issue(holder, { scopes: ['admin', 'live', 'read'], lifetimeMs: 1e12, once: false }, '')
    expect(issued.scopes).toEqual(['read'])
    expect(issued.expiresMs - clock.wallMs()).toBe(86_400_000)
    const second = access.authenticate(from(issued.token))
    expect(() => access.issue(second, request, '')).toThrow(expect.objectContaining({ code: 'forbidden' }))
  })

  it('cannot be made or changed without the secret', () => {
    const access = open()
    const { key } = create(['read'])
    const { token } = access.issue(access.authenticate(from(key)), { ...request, scopes: ['read'], once: false }, '')
    const [body, signature] = token.slice(3).split('.') as [string, string]
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString())
    const forged = Buffer.from(JSON.stringify({ ...claims, s: ['admin'] })).toString('base64url')
    for (const bad of [
      `vt_${forged}.${signature}`,
      `vt_${body}.`,
      `vt_${body}`,
      `vt_${body}.${signature.slice(0, -1)}A`,
      'vt_.',
    ]) {
      if (bad === token) continue
      expect(() => access.authenticate({ ...from(bad), ip: bad })).toThrow(expect.objectContaining({ code: 'unauthorized' }))
    }
  })
})

describe('rates', () => {
  it('slow down who guesses keys, by address', () => {
    const access = open()
    const { key } = create()
    for (let i = 0; i < 10; i++) expect(() => access.authenticate(from('vigia_no'))).toThrow('not a good one')
    expect(() => access.authenticate(from(key))).toThrow(expect.objectContaining({ code: 'rate_limited' }))
    expect(access.authenticate({ ...from(key), ip: '10.0.0.2' }).owner).not.toBeNull()
  })

  it('never give more than burst plus rate times time', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(3000), { maxLength: 200 }), fc.integer({ min: 1, max: 20 }), (pauses, burst) => {
        const buckets = new TokenBuckets({ burst, perSecond: 2 })
        let nowMs = 0
        let taken = 0
        for (const pause of pauses) {
          nowMs += pause
          if (buckets.take('a', nowMs) === 0) taken++
        }
        expect(taken).toBeLessThanOrEqual(burst + (nowMs * 2) / 1000 + 1e-6)
      }),
    )
  })

  it('count by key, and not at all on an open server', () => {
    const access = open({ rates: { requests: { burst: 2, perSecond: 1 }, sessions: FAST, photos: FAST } })
    const nobody = access.authenticate(from(null))
    for (let i = 0; i < 10; i++) access.spend(nobody, 'requests')
    const [one, two] = [create(), create()].map(({ key }) => access.authenticate(from(key)))
    access.spend(one!, 'requests')
    access.spend(one!, 'requests')
    expect(() => access.spend(one!, 'requests')).toThrow(expect.objectContaining({ code: 'rate_limited' }))
    access.spend(two!, 'requests')
  })
})

it('reads a credential from header or subprotocol', () => {
  expect(credentialOf({ authorization: 'Bearer abc' })).toBe('abc')
  expect(credentialOf({ authorization: 'bearer  abc' })).toBe('abc')
  expect(credentialOf({ authorization: 'Basic abc' })).toBe('')
  expect(credentialOf({ 'sec-websocket-protocol': 'vigia.v1, vigia.token.vt_x.y' })).toBe('vt_x.y')
  expect(credentialOf({})).toBeNull()
})

const rules = { origins: ['https://app.example'], hosts: ['lab.local'], https: false }
it.each([
  ['http://127.0.0.1:8000', '127.0.0.1:8000', true],
  ['http://localhost:8000', 'localhost:8000', true],
  ['http://lab.local', 'lab.local', true],
  ['http://LAB.local', 'LAB.local', false], // browsers write origins in lower case
  ['http://[::1]:8000', '[::1]:8000', true],
  ['https://app.example', '127.0.0.1:8000', true],
  ['https://app.example:444', '127.0.0.1:8000', false],
  ['https://app.example.evil.com', '127.0.0.1:8000', false],
  ['https://sub.app.example', '127.0.0.1:8000', false],
  ['http://app.example', '127.0.0.1:8000', false],
  ['null', '127.0.0.1:8000', false],
  ['', '127.0.0.1:8000', false],
  ['http://localhost:9000', 'localhost:8000', false],
  ['https://localhost:8000', 'localhost:8000', false],
  ['http://evil.com', 'evil.com', false],
  ['http://127.0.0.1.evil.com', '127.0.0.1.evil.com', false],
])('origin %s at host %s: %s', (origin, host, allowed) => {
  expect(originAllowed(rules, origin, host)).toBe(allowed)
})

it.each([
  ['localhost', true],
  ['127.0.0.1:1', true],
  ['lab.local.', true],
  ['evil.com', false],
  ['', false],
  [undefined, false],
  ['a b', false],
  ['[::1', false],
])('host %s is known: %s', (host, known) => {
  expect(hostKnown(rules, host)).toBe(known)
})
