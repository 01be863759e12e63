import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Resume tokens: 256 random bits, stored as SHA-256. A new one comes with each connection; the one that the client came with stays
 * good beside it, so that a client whose connections die before it has read the new one, however often, is not shut out.
 */

export interface IssuedToken {
  token: string
  /** What is stored: hashes of this token and of the one that the client came with. */
  stored: string
}

/** @param presented - the good token that the client came with */
export function issueToken(presented?: string): IssuedToken {
  const token = randomBytes(32).toString('base64url')
  return { token, stored: presented === undefined ? hash(token) : `${hash(token)} ${hash(presented)}` }
}

export function tokenMatches(token: string, stored: string): boolean {
  const given = Buffer.from(hash(token))
  return stored.split(' ').some((known) => known.length === given.length && timingSafeEqual(given, Buffer.from(known)))
}

const hash = (token: string): string => createHash('sha256').update(token).digest('hex')
