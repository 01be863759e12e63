/** The bytes that belong at a place of a test stream: anyone can say what byte 12 345 of stream 2 must be. */
export function streamBytes(stream: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length)
  for (let at = 0; at < length; at++) bytes[at] = byteAt(stream, offset + at)
  return bytes
}

/** Integer hash after Wang, so that neighbours and repetitions differ. */
function byteAt(stream: number, offset: number): number {
  let x = Math.imul(offset ^ Math.imul(stream + 1, 0x9e3779b1), 0x85ebca6b)
  x ^= x >>> 13
  x = Math.imul(x, 0xc2b2ae35)
  return (x ^ (x >>> 16)) & 0xff
}
