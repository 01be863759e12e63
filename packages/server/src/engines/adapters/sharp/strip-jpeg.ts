/**
 * Takes everything out of a JPEG that is not its picture, without decoding it (ITU-T T.81 annex B): position, camera, comments,
 * thumbnails, further pictures and whatever lies behind the end. Pure; runs in the gateway and in the photo process alike.
 */

export interface KeepBounds {
  /** Longest side of a picture that is kept as it came, px. */
  maxEdge: number
}

/** Tables of a photo take some hundred bytes, of a progressive one a few thousand; more would be a hiding place. */
const MAX_TABLE_BYTES = 8192

/** A kept photo is read by models: at most as many bytes as a good re-encoding has, half a byte a pixel and its tables. */
const maxBytesOf = (width: number, height: number): number => width * height * 0.5 + 16_384

const SOI = Uint8Array.of(0xff, 0xd8)
const EOI = Uint8Array.of(0xff, 0xd9)
/** JFIF 1.01, aspect 1:1, no thumbnail: says that the components are YCbCr. */
const JFIF = Uint8Array.of(0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0)

const marker = {
  SOF0: 0xc0,
  SOF2: 0xc2,
  DHT: 0xc4,
  SOS: 0xda,
  DQT: 0xdb,
  DRI: 0xdd,
  APP0: 0xe0,
  APP2: 0xe2,
  APP14: 0xee,
} as const
const TABLES: ReadonlySet<number> = new Set([marker.DHT, marker.DQT, marker.DRI])

const isDropped = (code: number): boolean => (code >= 0xe0 && code <= 0xef) || code === 0xfe
const isRestart = (code: number): boolean => code >= 0xd0 && code <= 0xd7

/**
 * The picture alone, when it may be kept: eight bits, YCbCr, baseline or progressive, small enough, without a colour profile
 * and without anything unusual in its structure.
 *
 * @returns null when the photo has to be decoded and encoded again
 */
export function stripJpeg(bytes: Uint8Array, { maxEdge }: KeepBounds): Uint8Array | null {
  const kept: Uint8Array[] = [SOI, JFIF]
  const seen = { frame: null as Frame | null, jfif: false, adobe: false, tableBytes: 0, scans: 0 }
  let at = 2
  for (;;) {
    if (bytes[at] !== 0xff) return null
    const code = bytes[at + 1]
    if (code === undefined) return null
    if (code === 0xff) {
      at += 1
      continue
    }
    if (code === 0xd9) return seen.scans > 0 ? join([...kept, EOI], seen.frame) : null
    const length = lengthAt(bytes, at + 2)
    if (length === null) return null
    const segment = bytes.subarray(at, at + 2 + length)
    at += segment.length
    if (isDropped(code)) {
      if (!isPlainColour(code, segment, seen)) return null
    } else if (TABLES.has(code)) {
      seen.tableBytes += segment.length
      if (seen.tableBytes > MAX_TABLE_BYTES) return null
      kept.push(segment)
    } else if ((code === marker.SOF0 || code === marker.SOF2) && !seen.frame) {
      seen.frame = readFrame(segment)
      if (!seen.frame || Math.max(seen.frame.width, seen.frame.height) > maxEdge) return null
      if (seen.frame.namedRgb && !seen.jfif && !seen.adobe) return null
      kept.push(segment)
    } else if (code === marker.SOS && seen.frame) {
      const end = endOfScan(bytes, at)
      kept.push(segment, bytes.subarray(at, end))
      at = end
      seen.scans += 1
    } else return null
  }
}

interface Frame {
  width: number
  height: number
  /** Its components are called R, G, B, which decoders take for what they are where nothing else is said. */
  namedRgb: boolean
}

function readFrame(segment: Uint8Array): Frame | null {
  const [precision, components] = [segment[4], segment[9]]
  if (precision !== 8 || components !== 3 || segment.length !== 19) return null
  const ids = [segment[10], segment[13], segment[16]].map((id) => String.fromCharCode(id ?? 0)).join('')
  return { height: word(segment, 5), width: word(segment, 7), namedRgb: ids === 'RGB' }
}

/** False where leaving the segment out would change the colours: a colour profile, or Adobe's mark for RGB. */
function isPlainColour(code: number, segment: Uint8Array, seen: { jfif: boolean; adobe: boolean }): boolean {
  if (code === marker.APP0 && startsWith(segment, 'JFIF\0')) seen.jfif = true
  if (code === marker.APP2 && startsWith(segment, 'ICC_PROFILE\0')) return false
  if (code !== marker.APP14 || !startsWith(segment, 'Adobe')) return true
  seen.adobe = true
  return segment[15] === 1
}

/** Where the coded data ends: at the next marker that is neither a stuffed byte nor a restart. */
function endOfScan(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1]
    if (next === undefined) break
    if (next === 0 || isRestart(next)) at += 1
    else if (next !== 0xff) return at
  }
  return bytes.length
}

function join(parts: readonly Uint8Array[], frame: Frame | null): Uint8Array | null {
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  return frame && length <= maxBytesOf(frame.width, frame.height) ? Buffer.concat(parts, length) : null
}

/** Length of a segment as it states it, when that much is there. */
function lengthAt(bytes: Uint8Array, at: number): number | null {
  const length = word(bytes, at)
  return length >= 2 && at + length <= bytes.length ? length : null
}

const word = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

const startsWith = (segment: Uint8Array, text: string): boolean =>
  String.fromCharCode(...segment.subarray(4, 4 + text.length)) === text
