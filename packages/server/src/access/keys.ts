import { VigiaError } from '@vigia/protocol'
import { SCOPES, type Scope } from './scopes.ts'
import { keyedHash, newId, newSecret, sameText } from './secrets.ts'

/** API keys: `vigia_ID_SECRET`, shown once. Pure functions on the ring that is stored. */

export interface StoredKey {
  id: string
  /** What its owner calls it: a device, a person. */
  name: string
  /** Keyed hash of the whole key. */
  hash: string
  scopes: Scope[]
  createdAt: string
  expiresAt: string | null
  revokedAt: string | null
  /** False: nothing that its holder sends is kept. */
  keep?: boolean
}

/** Everything that access rests on. `pepper` and `signing` are secrets of this server. */
export interface KeyRing {
  version: 1
  pepper: string
  signing: string
  keys: StoredKey[]
}

export interface NewKey {
  name: string
  scopes?: readonly Scope[]
  expiresAt?: string | null
  keep?: boolean
}

const KEY = /^vigia_([0-9a-f]{12})_[A-Za-z0-9_-]{43}$/
const MAX_KEYS = 10_000

export const newRing = (): KeyRing => ({ version: 1, pepper: newSecret(), signing: newSecret(), keys: [] })

/** True for a text of the form of a key. */
export const looksLikeKey = (text: string): boolean => KEY.test(text)

/** A new ring with the key in it, and the key itself, which nothing can show again. */
export function addKey(ring: KeyRing, wanted: NewKey, now: string): { ring: KeyRing; key: string; stored: StoredKey } {
  if (ring.keys.length >= MAX_KEYS) throw new VigiaError('conflict', `Expected at most ${MAX_KEYS} keys.`)
  const id = newId()
  const key = `vigia_${id}_${newSecret()}`
  const stored: StoredKey = {
    id,
    name: wanted.name,
    hash: keyedHash(ring.pepper, key),
    scopes: [...(wanted.scopes ?? SCOPES)],
    createdAt: now,
    expiresAt: wanted.expiresAt ?? null,
    revokedAt: null,
    ...(wanted.keep === false ? { keep: false } : {}),
  }
  return { ring: { ...ring, keys: [...ring.keys, stored] }, key, stored }
}

/** @throws VigiaError `not_found` */
export function revokeKey(ring: KeyRing, id: string, now: string): KeyRing {
  if (!ring.keys.some((key) => key.id === id)) {
    throw new VigiaError('not_found', `There is no key "${id.slice(0, 40)}".`, { hint: '"vigia keys list" shows them.' })
  }
  return { ...ring, keys: ring.keys.map((key) => (key.id === id ? { ...key, revokedAt: key.revokedAt ?? now } : key)) }
}

/** Whether a key is good at this moment. */
export function isActive(key: StoredKey, now: string): boolean {
  return key.revokedAt === null && (key.expiresAt === null || key.expiresAt > now)
}

/** The stored key of a text; null where it is none of this ring's, revoked or expired. */
export function findKey(ring: KeyRing, text: string, now: string): StoredKey | null {
  const id = KEY.exec(text)?.[1]
  const stored = ring.keys.find((key) => key.id === id)
  // the hash is made and compared in any case, so that time does not tell which ids exist
  const matches = sameText(keyedHash(ring.pepper, text), stored?.hash ?? keyedHash(ring.pepper, ''))
  return stored && matches && isActive(stored, now) ? stored : null
}

/** The active key of this id. */
export function activeKey(ring: KeyRing, id: string, now: string): StoredKey | null {
  const stored = ring.keys.find((key) => key.id === id)
  return stored && isActive(stored, now) ? stored : null
}
