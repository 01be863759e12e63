/** EBML elements as WebM uses them: RFC 8794 (EBML), RFC 9559 (Matroska). */

export const EBML = 0x1a45dfa3
export const SEGMENT = 0x18538067
export const INFO = 0x1549a966
export const TIMESTAMP_SCALE = 0x2ad7b1
export const TRACKS = 0x1654ae6b
export const TRACK_ENTRY = 0xae
export const TRACK_NUMBER = 0xd7
export const CODEC_ID = 0x86
export const CODEC_PRIVATE = 0x63a2
export const CLUSTER = 0x1f43b675
export const TIMESTAMP = 0xe7
export const SIMPLE_BLOCK = 0xa3
export const BLOCK_GROUP = 0xa0
export const BLOCK = 0xa1
export const DISCARD_PADDING = 0x75a2

const SEEK_HEAD = 0x114d9b74
const CUES = 0x1c53bb6b
const TAGS = 0x1254c367
const CHAPTERS = 0x1043a770
const ATTACHMENTS = 0x1941a469
const VOID = 0xec
const CRC_32 = 0xbf
const PREV_SIZE = 0xab
const POSITION = 0xa7
const SILENT_TRACKS = 0x5854

/** Elements entered, whose children are read one after the other; these may be of unknown size. */
export const ENTERED: ReadonlySet<number> = new Set([SEGMENT, CLUSTER, TRACKS])
const MEBIBYTE = 2 ** 20
/**
 * Elements that say nothing about the audio, and how large they may be: a larger size is damage. Short ids come by chance in
 * damaged bytes, so their bounds are low.
 */
export const PASSED_OVER: ReadonlyMap<number, number> = new Map([
  [EBML, 4096],
  [SEEK_HEAD, MEBIBYTE],
  [CUES, 16 * MEBIBYTE],
  [TAGS, 16 * MEBIBYTE],
  [CHAPTERS, 16 * MEBIBYTE],
  [ATTACHMENTS, 16 * MEBIBYTE],
  [SILENT_TRACKS, 4096],
  [VOID, 65_536],
  [CRC_32, 4],
  [PREV_SIZE, 8],
  [POSITION, 8],
])
/** What may follow a block. */
export const AFTER_BLOCK: ReadonlySet<number> = new Set([
  SIMPLE_BLOCK,
  BLOCK_GROUP,
  CLUSTER,
  CUES,
  TAGS,
  VOID,
  CRC_32,
  PREV_SIZE,
  POSITION,
])

export interface ElementHeader {
  id: number
  /** Bytes of the body; null when unknown. */
  size: number | null
  /** Bytes of the header itself. */
  length: number
}

/** More than any header: 4 bytes of id, 8 of size. */
export const MAX_HEADER = 12

/** Reads a header at `at`. `null`: more bytes are needed; `invalid`: no element begins here. */
export function parseHeader(view: Uint8Array, at: number): ElementHeader | null | 'invalid' {
  const first = view[at]
  if (first === undefined) return null
  const idLength = Math.clz32(first) - 23
  if (idLength > 4) return 'invalid'
  const sizeFirst = view[at + idLength]
  if (sizeFirst === undefined) return null
  const sizeLength = Math.clz32(sizeFirst) - 23
  if (sizeLength > 8) return 'invalid'
  if (at + idLength + sizeLength > view.length) return null
  return { id: readUint(view, at, idLength), size: readSize(view, at + idLength, sizeLength), length: idLength + sizeLength }
}

/** Big-endian number of `length` bytes; beyond 2^53 it loses precision. */
export function readUint(view: Uint8Array, at: number, length: number): number {
  let value = 0
  for (let i = 0; i < length; i++) value = value * 256 + view[at + i]!
  return value
}

/** A size: the marker bit goes, all ones mean unknown. */
function readSize(view: Uint8Array, at: number, length: number): number | null {
  const first = view[at]! & (0xff >> length)
  const value = first * 2 ** (8 * (length - 1)) + readUint(view, at + 1, length - 1)
  return value >= 2 ** (7 * length) - 1 ? null : value
}

/** Elements of known size inside the body of another, in order; ends at the first that does not fit. */
export function* children(body: Uint8Array): Generator<{ id: number; body: Uint8Array }> {
  for (let at = 0; at < body.length; ) {
    const header = parseHeader(body, at)
    if (header === null || header === 'invalid' || header.size === null) return
    const start = at + header.length
    at = start + header.size
    if (at > body.length) return
    yield { id: header.id, body: body.subarray(start, at) }
  }
}
