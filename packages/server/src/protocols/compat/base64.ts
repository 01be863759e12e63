import { FieldError } from './read.ts'

/** Base64 as clients write it: standard or URL-safe, with or without padding and line breaks, bare or as a data URL. */

const ALPHABET = /^[A-Za-z0-9+/_-]*={0,2}$/

/** @throws VigiaError `invalid_request` */
export function decodeBase64(value: unknown, name: string): Buffer {
  const text = typeof value === 'string' ? value.replace(/^data:[^,]*,/, '').replace(/\s/g, '') : null
  if (text !== null && ALPHABET.test(text) && text.replace(/=+$/, '').length % 4 !== 1) return Buffer.from(text, 'base64')
  throw new FieldError(name, `Invalid value for '${name}': expected base64.`)
}

/** Media type of a data URL; null when it is none. */
export function dataUrlType(value: string): string | null {
  return /^data:([^;,]*)/.exec(value)?.[1] ?? null
}
