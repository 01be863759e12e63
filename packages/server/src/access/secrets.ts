import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Random secrets, and the keyed hash under which they are kept: who reads the file cannot use what it holds. */

/** 256 random bits, URL-safe. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** Short random name of a key or token; not a secret. */
export const newId = (): string => randomBytes(6).toString('hex')

/** HMAC-SHA-256, URL-safe. */
export const keyedHash = (pepper: string, text: string): string => createHmac('sha256', pepper).update(text).digest('base64url')

/** Equality whose time does not tell where two texts differ. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
