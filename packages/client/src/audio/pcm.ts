/** Samples between -1 and 1 as 16-bit little-endian numbers, as the encoding `pcm16` wants them. */
export function toPcm16(samples: Float32Array): Uint8Array {
  const bytes = new Uint8Array(samples.length * 2)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < samples.length; i++) {
    const value = Math.max(-1, Math.min(1, samples[i]!))
    view.setInt16(i * 2, Math.round(value < 0 ? value * 32768 : value * 32767), true)
  }
  return bytes
}

/** 16-bit little-endian numbers as samples between -1 and 1. */
export function fromPcm16(bytes: Uint8Array): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Float32Array.from({ length: bytes.length >> 1 }, (_, i) => view.getInt16(i * 2, true) / 32768)
}

/** Loudness for a meter, 0–1: −60 dB and below is 0, full scale is 1. */
export function levelOf(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const db = 10 * Math.log10(sum / Math.max(1, samples.length) + 1e-12)
  return Math.max(0, Math.min(1, (db + 60) / 60))
}
