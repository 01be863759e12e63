/** CRC of Ogg pages: polynomial 0x04c11db7, no reflection, start 0 (RFC 3533 §6). */

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x80000000 ? 0x04c11db7 : 0)
  return crc
})

/** Where a page holds its own checksum, which counts as zero. */
const CRC_FROM = 22
const CRC_TO = 26
const ZEROS = new Uint8Array(CRC_TO - CRC_FROM)

/** Checksum of a whole page. */
export function oggCrc(page: Uint8Array): number {
  const head = update(0, page, 0, CRC_FROM)
  return update(update(head, ZEROS, 0, ZEROS.length), page, CRC_TO, page.length) >>> 0
}

function update(start: number, bytes: Uint8Array, from: number, to: number): number {
  let crc = start
  for (let i = from; i < to; i++) crc = (crc << 8) ^ TABLE[(crc >>> 24) ^ bytes[i]!]!
  return crc
}
