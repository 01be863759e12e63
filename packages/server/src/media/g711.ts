/** G.711 companding (ITU-T G.711, 1988), both laws, to and from PCM16. */

const MULAW_BIAS = 0x84
const MULAW_CLIP = 32_635

function decodeMulawByte(byte: number): number {
  const code = ~byte & 0xff
  const magnitude = (((code & 0x0f) << 3) + MULAW_BIAS) << ((code & 0x70) >> 4)
  return code & 0x80 ? MULAW_BIAS - magnitude : magnitude - MULAW_BIAS
}

function decodeAlawByte(byte: number): number {
  const code = byte ^ 0x55
  const exponent = (code & 0x70) >> 4
  const mantissa = ((code & 0x0f) << 4) + 8
  const magnitude = exponent === 0 ? mantissa : (mantissa + 0x100) << (exponent - 1)
  return code & 0x80 ? magnitude : -magnitude
}

function encodeMulawSample(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0
  const magnitude = Math.min(Math.abs(sample), MULAW_CLIP) + MULAW_BIAS
  const exponent = 24 - Math.clz32(magnitude >> 0)
  const mantissa = (magnitude >> (exponent + 3)) & 0x0f
  return ~(sign | (exponent << 4) | mantissa) & 0xff
}

function encodeAlawSample(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80
  const magnitude = sample < 0 ? ~sample : sample
  const exponent = magnitude < 256 ? 0 : 24 - Math.clz32(magnitude)
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f
  return (sign | (exponent << 4) | mantissa) ^ 0x55
}

const table = (decode: (byte: number) => number): Int16Array => Int16Array.from({ length: 256 }, (_, byte) => decode(byte))
const MULAW = table(decodeMulawByte)
const ALAW = table(decodeAlawByte)

function expand(bytes: Uint8Array, law: Int16Array): Int16Array {
  const output = new Int16Array(bytes.length)
  for (let i = 0; i < bytes.length; i++) output[i] = law[bytes[i]!]!
  return output
}

export function decodeMulaw(bytes: Uint8Array): Int16Array {
  return expand(bytes, MULAW)
}

export function decodeAlaw(bytes: Uint8Array): Int16Array {
  return expand(bytes, ALAW)
}

export function encodeMulaw(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, encodeMulawSample)
}

export function encodeAlaw(samples: Int16Array): Uint8Array {
  return Uint8Array.from(samples, encodeAlawSample)
}
