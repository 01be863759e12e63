import { crc32 } from 'node:zlib'

/**
 * The unit of an audio segment file:
 *
 * ```
 * 0  magic u32 "VGA1"   4  type u8 (1 audio, 2 gap)   5  three zero bytes
 * 8  offset u64         16 length u32                 20 crc32 u32       24 payload
 * ```
 *
 * Little-endian. `offset` is where in the session's stream the payload begins (for a gap: where it stands). The CRC covers
 * bytes 0–19 and the payload.
 */
export const BLOCK_HEADER_BYTES = 24
export const BLOCK_MAGIC = Buffer.from('VGA1', 'latin1')
/** Longest payload: no message of a client is longer, and a broken length must not make a reader take the whole file. */
export const MAX_PAYLOAD_BYTES = 16 * 1024 * 1024

const CRC_AT = 20
const TYPES = { audio: 1, gap: 2 } as const

export interface BlockHeader {
  type: 'audio' | 'gap'
  /** Byte of the session's stream. */
  offset: number
  /** Bytes of payload. */
  length: number
}

/** Completes the block that lies in `block`, its payload already in place. */
export function sealBlock(block: Buffer, type: BlockHeader['type'], offset: number): void {
  BLOCK_MAGIC.copy(block, 0)
  block.writeUInt32LE(TYPES[type], 4)
  block.writeBigUInt64LE(BigInt(offset), 8)
  block.writeUInt32LE(block.length - BLOCK_HEADER_BYTES, 16)
  block.writeUInt32LE(blockCrc(block), CRC_AT)
}

/** Reads a header; null when it cannot be one. The payload is not looked at. */
export function parseHeader(bytes: Buffer): BlockHeader | null {
  if (bytes.length < BLOCK_HEADER_BYTES || !bytes.subarray(0, 4).equals(BLOCK_MAGIC)) return null
  const type = bytes.readUInt32LE(4)
  const offset = Number(bytes.readBigUInt64LE(8))
  const length = bytes.readUInt32LE(16)
  if ((type !== TYPES.audio && type !== TYPES.gap) || !Number.isSafeInteger(offset) || length > MAX_PAYLOAD_BYTES) return null
  return { type: type === TYPES.audio ? 'audio' : 'gap', offset, length }
}

/** Whether header and payload are as they were written. */
export function isIntact(block: Buffer): boolean {
  return block.readUInt32LE(CRC_AT) === blockCrc(block)
}

function blockCrc(block: Buffer): number {
  return crc32(block.subarray(BLOCK_HEADER_BYTES), crc32(block.subarray(0, CRC_AT)))
}
