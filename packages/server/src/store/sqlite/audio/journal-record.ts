import { crc32 } from 'node:zlib'
import { BLOCK_HEADER_BYTES, isIntact, parseHeader } from './block.ts'

/**
 * The unit of a journal file: what was written where in a segment file.
 *
 * ```
 * 0  magic u32 "VGJ1"   4  length of the session's id u16   6  two zero bytes   8  number of the segment u32
 * 12 length u32         16 position in the segment file u64   24 crc32 u32      28 id, payload
 * ```
 *
 * Little-endian. The CRC covers bytes 0–23 and the id; the payload is whole blocks, which have their own.
 */
const HEADER_BYTES = 28
const CRC_AT = 24
const MAGIC = Buffer.from('VGJ1', 'latin1')

/** Bytes of one segment file. */
export interface JournalRecord {
  sessionId: string
  /** Of the segment. */
  no: number
  /** In the segment file. */
  position: number
  buffers: readonly Buffer[]
}

/** Header and id, to be followed by the buffers. */
export function recordHead({ sessionId, no, position, buffers }: JournalRecord): Buffer {
  const id = Buffer.from(sessionId)
  const head = Buffer.alloc(HEADER_BYTES + id.length)
  MAGIC.copy(head, 0)
  head.writeUInt16LE(id.length, 4)
  head.writeUInt32LE(no, 8)
  head.writeUInt32LE(
    buffers.reduce((sum, { length }) => sum + length, 0),
    12,
  )
  head.writeBigUInt64LE(BigInt(position), 16)
  id.copy(head, HEADER_BYTES)
  head.writeUInt32LE(headCrc(head), CRC_AT)
  return head
}

/** The records of a journal up to the first that is not whole: what follows was never acknowledged. */
export function* journalRecords(journal: Buffer): Generator<JournalRecord> {
  let at = 0
  while (at + HEADER_BYTES <= journal.length) {
    if (!journal.subarray(at, at + 4).equals(MAGIC)) return
    const payloadAt = at + HEADER_BYTES + journal.readUInt16LE(at + 4)
    const end = payloadAt + journal.readUInt32LE(at + 12)
    if (end > journal.length) return
    if (journal.readUInt32LE(at + CRC_AT) !== headCrc(journal.subarray(at, payloadAt))) return
    const payload = journal.subarray(payloadAt, end)
    if (!isBlocks(payload)) return
    yield {
      sessionId: journal.toString('utf8', at + HEADER_BYTES, payloadAt),
      no: journal.readUInt32LE(at + 8),
      position: Number(journal.readBigUInt64LE(at + 16)),
      buffers: [payload],
    }
    at = end
  }
}

function headCrc(head: Buffer): number {
  return crc32(head.subarray(HEADER_BYTES), crc32(head.subarray(0, CRC_AT)))
}

function isBlocks(payload: Buffer): boolean {
  let rest = payload
  while (rest.length > 0) {
    const header = parseHeader(rest)
    if (!header || rest.length < BLOCK_HEADER_BYTES + header.length) return false
    const end = BLOCK_HEADER_BYTES + header.length
    if (!isIntact(rest.subarray(0, end))) return false
    rest = rest.subarray(end)
  }
  return true
}
