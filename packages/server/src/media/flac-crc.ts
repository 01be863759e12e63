/** Checksums of FLAC frames: RFC 9639 §9.1.8 and §9.3. Both begin at 0, most significant bit first. */

const CRC8 = Uint8Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x80 ? 0x07 : 0)
  return crc
})

const CRC16 = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1) ^ (crc & 0x8000 ? 0x8005 : 0)
  return crc
})

/** Of a frame header; 0 when its checksum byte is included and right. */
export function flacCrc8(bytes: Uint8Array): number {
  let crc = 0
  for (const byte of bytes) crc = CRC8[crc ^ byte]!
  return crc
}

/** Of `[from, to)`, continuing `crc`; 0 over a whole frame with its checksum. */
export function flacCrc16(bytes: Uint8Array, from: number, to: number, crc = 0): number {
  let value = crc
  for (let i = from; i < to; i++) value = ((value << 8) & 0xffff) ^ CRC16[(value >> 8) ^ bytes[i]!]!
  return value
}
