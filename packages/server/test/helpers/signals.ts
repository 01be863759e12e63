/** Signals and measures for audio tests. Full scale is 32767. */

/** A sine tone. */
export function tone(frequency: number, sampleRate: number, ms: number, amplitude = 0.5): Int16Array {
  const length = Math.round((sampleRate * ms) / 1000)
  return Int16Array.from({ length }, (_, i) =>
    Math.round(amplitude * 32767 * Math.sin((2 * Math.PI * frequency * i) / sampleRate)),
  )
}

/** Level of one frequency in dB relative to full scale, by correlation over the whole piece with a Hann window. */
export function toneDb(samples: Int16Array, frequency: number, sampleRate: number): number {
  let re = 0
  let im = 0
  let weight = 0
  for (let i = 0; i < samples.length; i++) {
    const window = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / samples.length)
    const angle = (2 * Math.PI * frequency * i) / sampleRate
    re += window * samples[i]! * Math.cos(angle)
    im += window * samples[i]! * Math.sin(angle)
    weight += window
  }
  return 20 * Math.log10((2 * Math.hypot(re, im)) / weight / 32767 + 1e-12)
}

/** Splits at the given sizes, repeating them until all is used. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!
    pieces.push(bytes.subarray(at, at + size))
    at += size
  }
  return pieces
}

export function concatSamples(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}

/** Signal-to-error ratio in dB after the best gain, with `other` shifted by `lag` samples. */
export function matchDb(reference: Int16Array, other: Int16Array, lag = 0): number {
  let rr = 0
  let ro = 0
  let oo = 0
  for (let i = Math.max(0, -lag); i < reference.length && i + lag < other.length; i++) {
    const r = reference[i]!
    const o = other[i + lag]!
    rr += r * r
    ro += r * o
    oo += o * o
  }
  const error = rr - (ro * ro) / (oo || 1)
  return 10 * Math.log10(rr / Math.max(error, rr * 1e-12))
}

/** The shift of `other`, in samples, at which it matches `reference` best. */
export function bestLag(reference: Int16Array, other: Int16Array, maxLag: number): { lag: number; db: number } {
  let best = { lag: 0, db: Number.NEGATIVE_INFINITY }
  for (let lag = -maxLag; lag <= maxLag; lag++) {
    const db = matchDb(reference, other, lag)
    if (db > best.db) best = { lag, db }
  }
  return best
}

/** A small seeded generator (mulberry32), 0–1. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Sounds like a voice to a codec: a gliding harmonic tone with syllables and a little noise.
 * Made here so that codec tests need no recording.
 */
export function voiceLike(sampleRate: number, ms: number): Int16Array {
  const length = Math.round((sampleRate * ms) / 1000)
  const random = seededRandom(7)
  const output = new Int16Array(length)
  let phase = 0
  for (let i = 0; i < length; i++) {
    const t = i / sampleRate
    phase += (2 * Math.PI * (140 + 40 * Math.sin(2 * Math.PI * 0.7 * t))) / sampleRate
    let value = 0
    for (let harmonic = 1; harmonic <= 12; harmonic++) value += Math.sin(harmonic * phase) / harmonic
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 3.1 * t)) ** 0.5
    output[i] = Math.round(5000 * syllable * value + 40 * (random() - 0.5))
  }
  return output
}
