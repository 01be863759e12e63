/** The few forms of DER (X.690) that a certificate is written in. Pure. */

const tagged = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), lengthOf(body.length), body])
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length])
  const bytes: number[] = []
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff)
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

export const sequence = (...parts: Uint8Array[]): Buffer => tagged(0x30, ...parts)
export const set = (...parts: Uint8Array[]): Buffer => tagged(0x31, ...parts)
export const bool = (value: boolean): Buffer => tagged(0x01, Buffer.from([value ? 0xff : 0]))
export const octets = (bytes: Uint8Array): Buffer => tagged(0x04, bytes)
export const utf8 = (text: string): Buffer => tagged(0x0c, Buffer.from(text))

/** An unsigned integer, big-endian. */
export function integer(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0)
  const body = start < 0 ? Buffer.from([0]) : Buffer.from(bytes.subarray(start))
  return body[0]! >= 0x80 ? tagged(0x02, Buffer.from([0]), body) : tagged(0x02, body)
}

/** @param unused - bits of the last byte that do not count */
export const bits = (bytes: Uint8Array, unused = 0): Buffer => tagged(0x03, Buffer.from([unused]), bytes)

/** `1.2.840.10045.2.1` */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f]
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes.unshift((rest & 0x7f) | 0x80)
  return bytes
}

/** Seconds precision, UTC: UTCTime up to 2049, as RFC 5280 wants it, else GeneralizedTime. */
export function time(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14)
  return date.getUTCFullYear() < 2050 ? tagged(0x17, Buffer.from(`${digits.slice(2)}Z`)) : tagged(0x18, Buffer.from(`${digits}Z`))
}

/** `[n]` around a whole value. */
export const explicit = (n: number, ...parts: Uint8Array[]): Buffer => tagged(0xa0 | n, ...parts)
/** `[n]` in place of a primitive value's tag. */
export const implicit = (n: number, bytes: Uint8Array): Buffer => tagged(0x80 | n, bytes)
