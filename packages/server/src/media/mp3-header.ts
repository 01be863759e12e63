/** Headers of MPEG audio frames, layer III: ISO/IEC 11172-3 §2.4.1.3 and 13818-3. */

export interface Mp3FrameHeader {
  sampleRate: number
  /** Samples of each channel. */
  samples: number
  /** Bytes of the whole frame. */
  length: number
  /** Version and rate, which do not change within a stream. */
  kind: number
}

const RATES = [44_100, 48_000, 32_000]
const KBITS_1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320]
const KBITS_2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160]
const VERSION_2_5 = 0
const RESERVED = 1
const VERSION_1 = 3
const LAYER_3 = 1

/** Reads the four bytes at `at`; null when no frame begins there. Frames of free format have no known length and are not taken. */
export function parseMp3Header(view: Uint8Array, at: number): Mp3FrameHeader | null {
  if (view.length < at + 4 || view[at] !== 0xff || (view[at + 1]! & 0xe0) !== 0xe0) return null
  const version = (view[at + 1]! >> 3) & 3
  const layer = (view[at + 1]! >> 1) & 3
  const rateIndex = (view[at + 2]! >> 2) & 3
  const kbits = (version === VERSION_1 ? KBITS_1 : KBITS_2)[view[at + 2]! >> 4]
  if (version === RESERVED || layer !== LAYER_3 || rateIndex === 3 || !kbits || (view[at + 3]! & 3) === 2) return null
  const sampleRate = RATES[rateIndex]! / (version === VERSION_1 ? 1 : version === VERSION_2_5 ? 4 : 2)
  if (sampleRate < 8000) return null
  const samples = version === VERSION_1 ? 1152 : 576
  const padding = (view[at + 2]! >> 1) & 1
  const length = Math.floor((samples * kbits * 125) / sampleRate) + padding
  return { sampleRate, samples, length, kind: version * 4 + rateIndex }
}
