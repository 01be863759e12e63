import { BitReader } from './bit-reader.ts'
import type { FlacFrameHeader } from './flac-header.ts'
import { readSubframe } from './flac-subframe.ts'
import { averageChannels } from './mix.ts'

const LEFT_SIDE = 8
const SIDE_RIGHT = 9

/**
 * Decodes a whole frame to mono, full scale ±1.
 *
 * @throws RangeError when the bits cannot be a frame
 */
export function decodeFlacFrame(frame: Uint8Array, header: FlacFrameHeader): Float32Array {
  const bits = new BitReader(frame, header.length)
  const channels = Array.from({ length: header.channels }, (_, channel) =>
    readSubframe(bits, header.blockSize, header.bitsPerSample + (isSide(header.assignment, channel) ? 1 : 0)),
  )
  decorrelate(channels, header.assignment)
  const scale = 2 ** (1 - header.bitsPerSample)
  return averageChannels(channels.map((channel) => Float32Array.from(channel, (sample) => sample * scale)))
}

function isSide(assignment: number, channel: number): boolean {
  return assignment === SIDE_RIGHT ? channel === 0 : assignment >= LEFT_SIDE && channel === 1
}

/** Left and right again, in place: RFC 9639 §4.2. */
function decorrelate(channels: Float64Array[], assignment: number): void {
  const [first, second] = channels
  if (assignment < LEFT_SIDE || !first || !second) return
  for (let i = 0; i < first.length; i++) {
    const a = first[i]!
    const b = second[i]!
    if (assignment === LEFT_SIDE) second[i] = a - b
    else if (assignment === SIDE_RIGHT) first[i] = a + b
    else {
      const mid = 2 * a + Math.abs(b % 2)
      first[i] = (mid + b) / 2
      second[i] = (mid - b) / 2
    }
  }
}
