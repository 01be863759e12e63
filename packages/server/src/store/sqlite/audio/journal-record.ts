import { crc32 } from 'node:zlib'
import { BLOCK_HEADER_BYTES, BLOCK_MAGIC, isIntact, parseHeader } from './block.ts'

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

/**
 * The intact parts of a journal's records, up to the first record whose head is none: what follows is a torn end, never
 * acknowledged, or cannot be told from it. Of a record whose head is whole every intact block is given, at its place.
 *
 * @param onDamage - told of records that are there to their end and not whole
 */
export function* journalRecords(journal: Buffer, onDamage: (sessionId: string) => void = () => {}): Generator<JournalRecord> {
  let at = 0
  while (at + HEADER_BYTES <= journal.length) {
    if (!journal.subarray(at, at + 4).equals(MAGIC)) return
    const payloadAt = at + HEADER_BYTES + journal.readUInt16LE(at + 4)
    const end = payloadAt + journal.readUInt32LE(at + 12)
    if (payloadAt > journal.length || journal.readUInt32LE(at + CRC_AT) !== headCrc(journal.subarray(at, payloadAt))) return
    const sessionId = journal.toString('utf8', at + HEADER_BYTES, payloadAt)
    const position = Number(journal.readBigUInt64LE(at + 16))
    let intact = 0
    for (const [from, to] of intactRuns(journal.subarray(payloadAt, end))) {
      intact += to - from
      const buffers = [journal.subarray(payloadAt + from, payloadAt + to)]
      yield { sessionId, no: journal.readUInt32LE(at + 8), position: position + from, buffers }
    }
    if (end <= journal.length && intact < end - payloadAt) onDamage(sessionId)
    at = end
  }
}

/** From where to where blocks stand that are intact. Behind a damaged one it goes on at the next that is. */
function* intactRuns(payload: Buffer): Generator<[from: number, to: number]> {
  let from = 0
  let at = 0
  while (at < payload.length) {
    const end = endOfBlock(payload, at)
    if (end !== null) {
      at = end
      continue
    }
    if (at > from) yield [from, at]
    const next = payload.indexOf(BLOCK_MAGIC, at + 1)
    from = at = next < 0 ? payload.length : next
  }
  if (at > from) yield [from, at]
}

/** Null where no intact block begins. */
function endOfBlock(payload: Buffer, at: number): number | null {
  const rest = payload.subarray(at)
  const header = parseHeader(rest)
  if (!header || rest.length < BLOCK_HEADER_BYTES + header.length) return null
  const end = BLOCK_HEADER_BYTES + header.length
  return isIntact(rest.subarray(0, end)) ? at + end : null
}

function headCrc(head: Buffer): number {
  return crc32(head.subarray(HEADER_BYTES), crc32(head.subarray(0, CRC_AT)))
}
