import { flacCrc8 } from './flac-crc.ts'

/** Frame headers and the STREAMINFO block of FLAC: RFC 9639 §8.2 and §9.1. */

/** What frames may leave out because the stream said it. */
export interface FlacStreamInfo {
  sampleRate: number
  channels: number
  bitsPerSample: number
}

export interface FlacFrameHeader extends FlacStreamInfo {
  /** Samples of each channel. */
  blockSize: number
  /** 8, 9, 10: left/side, side/right, mid/side; else independent channels. */
  assignment: number
  /** Counts frames (`isVariable` false) or samples. */
  number: number
  isVariable: boolean
  /** Bytes of the header. */
  length: number
}

const RATES = [0, 88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000]
const BITS = [0, 8, 12, -1, 16, 20, 24, 32]

/** @param body - the 34 bytes of the block */
export function parseStreamInfo(body: Uint8Array): FlacStreamInfo {
  return {
    sampleRate: (body[10]! << 12) | (body[11]! << 4) | (body[12]! >> 4),
    channels: ((body[12]! >> 1) & 7) + 1,
    bitsPerSample: (((body[12]! & 1) << 4) | (body[13]! >> 4)) + 1,
  }
}

/** Reads the header at `at`. `null`: more bytes are needed; `invalid`: no frame begins here. */
export function parseFrameHeader(
  view: Uint8Array,
  at: number,
  stream: FlacStreamInfo | null,
): FlacFrameHeader | null | 'invalid' {
  if (view.length < at + 5) return null
  if (view[at] !== 0xff || (view[at + 1]! & 0xfe) !== 0xf8) return 'invalid'
  const sizeCode = view[at + 2]! >> 4
  const rateCode = view[at + 2]! & 15
  const assignment = view[at + 3]! >> 4
  const bits = BITS[(view[at + 3]! >> 1) & 7]!
  if (sizeCode === 0 || rateCode === 15 || assignment > 10 || bits < 0 || (view[at + 3]! & 1) !== 0) return 'invalid'
  const numberLength = codedNumberLength(view[at + 4]!)
  if (numberLength === 0) return 'invalid'
  const sizeAt = at + 4 + numberLength
  const rateAt = sizeAt + (sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0)
  const end = rateAt + (rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0) + 1
  if (view.length < end) return null
  if (flacCrc8(view.subarray(at, end)) !== 0) return 'invalid'
  const header = {
    blockSize: blockSize(sizeCode, view, sizeAt),
    sampleRate: sampleRate(rateCode, view, rateAt) || (stream?.sampleRate ?? 0),
    channels: assignment < 8 ? assignment + 1 : 2,
    bitsPerSample: bits || (stream?.bitsPerSample ?? 0),
    assignment,
    number: codedNumber(view, at + 4, numberLength),
    isVariable: (view[at + 1]! & 1) === 1,
    length: end - at,
  }
  return header.sampleRate > 0 && header.bitsPerSample > 0 ? header : 'invalid'
}

/** Bytes of a number coded as in UTF-8, extended to 36 bits; 0 when it cannot be one. */
function codedNumberLength(first: number): number {
  if (first < 0x80) return 1
  const ones = Math.clz32(~(first << 24))
  return ones === 1 || ones > 7 ? 0 : ones
}

function codedNumber(view: Uint8Array, at: number, length: number): number {
  let value = length === 1 ? view[at]! : view[at]! & (0x7f >> length)
  for (let i = 1; i < length; i++) value = value * 64 + (view[at + i]! & 0x3f)
  return value
}

function blockSize(code: number, view: Uint8Array, at: number): number {
  if (code === 1) return 192
  if (code < 6) return 144 << code
  if (code === 6) return view[at]! + 1
  return code === 7 ? ((view[at]! << 8) | view[at + 1]!) + 1 : 1 << code
}

function sampleRate(code: number, view: Uint8Array, at: number): number {
  if (code < 12) return RATES[code]!
  if (code === 12) return view[at]! * 1000
  const value = (view[at]! << 8) | view[at + 1]!
  return code === 13 ? value : value * 10
}
