/** ASCII text of `[start, end)`; bytes beyond the end are left out. */
export function ascii(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode(...bytes.subarray(start, end))
}

/** First place at or after `from` where `pattern` stands whole, or -1. */
export function indexOf(bytes: Uint8Array, pattern: Uint8Array, from = 0): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(pattern, from)
}
