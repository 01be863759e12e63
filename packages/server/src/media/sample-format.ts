/** Conversions between sample formats. Bytes are little endian. */

import { decodeAlaw, decodeMulaw } from './g711.ts'

const LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Floats of full scale ±1 to PCM16, rounded and clipped; NaN becomes 0. */
export function toInt16(samples: Float32Array): Int16Array {
  const output = new Int16Array(samples.length)
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]! * 32768
    output[i] = value > 32767 ? 32767 : value < -32768 ? -32768 : Math.round(value)
  }
  return output
}

/** PCM16 to floats of full scale ±1. */
export function toFloat32(samples: Int16Array): Float32Array {
  const output = new Float32Array(samples.length)
  for (let i = 0; i < samples.length; i++) output[i] = samples[i]! / 32768
  return output
}

/** PCM16 bytes to samples, copied; a half sample at the end is left out. */
export function bytesToInt16(bytes: Uint8Array): Int16Array {
  const output = new Int16Array(bytes.length >> 1)
  new Uint8Array(output.buffer).set(bytes.subarray(0, output.length * 2))
  if (!LITTLE_ENDIAN) swap16(output)
  return output
}

/** Samples to PCM16 bytes, copied. */
export function int16ToBytes(samples: Int16Array): Uint8Array {
  const copy = samples.slice()
  if (!LITTLE_ENDIAN) swap16(copy)
  return new Uint8Array(copy.buffer)
}

function swap16(samples: Int16Array): void {
  for (let i = 0; i < samples.length; i++) samples[i] = (samples[i]! << 8) | ((samples[i]! >> 8) & 0xff)
}

/** How one sample is written in a stream of plain samples. */
export type SampleFormat = 'u8' | 's16' | 's24' | 's32' | 'f32' | 'f64' | 'mulaw' | 'alaw'

export const BYTES_PER_SAMPLE: Readonly<Record<SampleFormat, number>> = {
  u8: 1,
  s16: 2,
  s24: 3,
  s32: 4,
  f32: 4,
  f64: 8,
  mulaw: 1,
  alaw: 1,
}

/** Whole samples to numbers: PCM16 where that keeps them exact, floats of full scale ±1 for finer formats. Not finite becomes 0. */
export function decodeSamples(bytes: Uint8Array, format: SampleFormat): Int16Array | Float32Array {
  if (format === 's16') return bytesToInt16(bytes)
  if (format === 'mulaw') return decodeMulaw(bytes)
  if (format === 'alaw') return decodeAlaw(bytes)
  if (format === 'u8') return Int16Array.from(bytes, (byte) => (byte - 128) << 8)
  return decodeFloats(bytes, format)
}

function decodeFloats(bytes: Uint8Array, format: 's24' | 's32' | 'f32' | 'f64'): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = BYTES_PER_SAMPLE[format]
  const output = new Float32Array(Math.floor(bytes.length / size))
  for (let i = 0; i < output.length; i++) {
    const value = readFloat(view, i * size, format)
    output[i] = Number.isFinite(value) ? Math.max(-1, Math.min(1, value)) : 0
  }
  return output
}

function readFloat(view: DataView, at: number, format: 's24' | 's32' | 'f32' | 'f64'): number {
  if (format === 's24') return ((view.getInt8(at + 2) << 16) | view.getUint16(at, true)) / 2 ** 23
  if (format === 's32') return view.getInt32(at, true) / 2 ** 31
  return format === 'f32' ? view.getFloat32(at, true) : view.getFloat64(at, true)
}
