import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Resume tokens: 256 random bits, stored as SHA-256. A new one comes with each connection; the one before it stays
 * good until the next rotation, so that a client whose connection dies before it has read the new token is not shut out.
 */

export interface IssuedToken {
  token: string
  /** What is stored: hashes of this token and of the one before it. */
  stored: string
}

export function issueToken(previousStored = ''): IssuedToken {
  const token = randomBytes(32).toString('base64url')
  const previous = previousStored.split(' ')[0] ?? ''
  return { token, stored: [hash(token), previous].filter((part) => part !== '').join(' ') }
}

export function tokenMatches(token: string, stored: string): boolean {
  const given = Buffer.from(hash(token))
  return stored.split(' ').some((known) => known.length === given.length && timingSafeEqual(given, Buffer.from(known)))
}

const hash = (token: string): string => createHash('sha256').update(token).digest('hex')
