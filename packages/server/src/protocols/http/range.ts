/** One HTTP byte range (RFC 9110 §14). Pure. */

/** First and last byte, both included. */
export interface ByteRange {
  from: number
  to: number
}

/**
 * Reads a `Range` header for a body of `size` bytes.
 *
 * @returns the range; `null` when the whole body is to be sent (no header, other unit, several ranges, not well formed);
 * `unsatisfiable` when it lies outside
 */
export function parseRange(header: string | undefined, size: number): ByteRange | null | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return null
  const [, first, last] = match
  if (first === '') return suffix(Number(last), size)
  const from = Number(first)
  const to = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < from) return null
  return from < size ? { from, to } : 'unsatisfiable'
}

function suffix(count: number, size: number): ByteRange | 'unsatisfiable' {
  if (count === 0 || size === 0) return 'unsatisfiable'
  return { from: Math.max(0, size - count), to: size - 1 }
}
