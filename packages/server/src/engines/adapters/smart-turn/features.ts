/**
 * Log-mel features as Whisper's extractor makes them: 400-point Hann windows every 10 ms, 80 Slaney mel bands, log10 held within
 * 8 of the loudest, then (x + 4) / 4. Of the last 8 s, silence in front, the sound brought to mean 0 and variance 1.
 */

export const SAMPLES = 128_000
export const FRAMES = 800
export const BANDS = 80
const FFT = 400
const HOP = 160
const BINS = FFT / 2 + 1

/** @param samples - 16 kHz mono, the end of the turn; @returns [80, 800], band by band */
export function logMel(samples: Int16Array): Float32Array {
  const sound = normalised(samples)
  const features = new Float32Array(BANDS * FRAMES)
  const power = new Float32Array(BINS)
  const frame = new Float64Array(FFT)
  let loudest = Number.NEGATIVE_INFINITY
  for (let t = 0; t < FRAMES; t += 1) {
    for (let i = 0; i < FFT; i += 1) frame[i] = sound[reflected(t * HOP + i - FFT / 2)]! * WINDOW[i]!
    powerSpectrum(frame, power)
    for (let band = 0; band < BANDS; band += 1) {
      const { from, weights } = MEL[band]!
      let sum = 0
      for (let i = 0; i < weights.length; i += 1) sum += weights[i]! * power[from + i]!
      const value = Math.log10(Math.max(sum, 1e-10))
      features[band * FRAMES + t] = value
      loudest = Math.max(loudest, value)
    }
  }
  for (let i = 0; i < features.length; i += 1) features[i] = (Math.max(features[i]!, loudest - 8) + 4) / 4
  return features
}

function normalised(samples: Int16Array): Float32Array {
  const sound = new Float32Array(SAMPLES)
  const tail = samples.length > SAMPLES ? samples.subarray(samples.length - SAMPLES) : samples
  const at = SAMPLES - tail.length
  for (let i = 0; i < tail.length; i += 1) sound[at + i] = tail[i]! / 32_768
  let mean = 0
  for (const value of sound) mean += value
  mean /= SAMPLES
  let variance = 0
  for (const value of sound) variance += (value - mean) ** 2
  const scale = 1 / Math.sqrt(variance / SAMPLES + 1e-7)
  for (let i = 0; i < SAMPLES; i += 1) sound[i] = (sound[i]! - mean) * scale
  return sound
}

/** The ends are mirrored. */
const reflected = (i: number): number => (i < 0 ? -i : i >= SAMPLES ? 2 * (SAMPLES - 1) - i : i)

/** Periodic Hann. */
const WINDOW = Float64Array.from({ length: FFT }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / FFT))

const COS = Float64Array.from({ length: FFT }, (_, i) => Math.cos((2 * Math.PI * i) / FFT))
const SIN = Float64Array.from({ length: FFT }, (_, i) => -Math.sin((2 * Math.PI * i) / FFT))

function powerSpectrum(frame: Float64Array, out: Float32Array): void {
  transform(frame, 0, 1, RE, IM, 0, FFT)
  for (let k = 0; k < BINS; k += 1) out[k] = RE[k]! * RE[k]! + IM[k]! * IM[k]!
}

const RE = new Float64Array(FFT)
const IM = new Float64Array(FFT)
const PART_RE = new Float64Array(5)
const PART_IM = new Float64Array(5)

/** Mixed-radix Cooley–Tukey of real input: 400 = 4 · 4 · 5 · 5. */
function transform(
  input: Float64Array,
  from: number,
  stride: number,
  re: Float64Array,
  im: Float64Array,
  to: number,
  n: number,
): void {
  if (n === 1) {
    re[to] = input[from]!
    im[to] = 0
    return
  }
  const radix = n % 4 === 0 ? 4 : 5
  const m = n / radix
  for (let r = 0; r < radix; r += 1) transform(input, from + r * stride, stride * radix, re, im, to + r * m, m)
  const step = FFT / n
  for (let k = 0; k < m; k += 1) {
    for (let r = 0; r < radix; r += 1) {
      const w = (r * k * step) % FFT
      const a = re[to + r * m + k]!
      const b = im[to + r * m + k]!
      PART_RE[r] = a * COS[w]! - b * SIN[w]!
      PART_IM[r] = a * SIN[w]! + b * COS[w]!
    }
    for (let q = 0; q < radix; q += 1) {
      let sumRe = 0
      let sumIm = 0
      for (let r = 0; r < radix; r += 1) {
        const w = (((q * r) % radix) * (FFT / radix)) % FFT
        sumRe += PART_RE[r]! * COS[w]! - PART_IM[r]! * SIN[w]!
        sumIm += PART_RE[r]! * SIN[w]! + PART_IM[r]! * COS[w]!
      }
      re[to + q * m + k] = sumRe
      im[to + q * m + k] = sumIm
    }
  }
}

/** Slaney's mel scale: linear below 1 kHz, logarithmic above. */
const LOG_STEP = Math.log(6.4) / 27
const toMel = (hz: number): number => (hz < 1000 ? (hz * 3) / 200 : 15 + Math.log(hz / 1000) / LOG_STEP)
const toHz = (mel: number): number => (mel < 15 ? (mel * 200) / 3 : 1000 * Math.exp(LOG_STEP * (mel - 15)))

/** Triangles of equal area, as Slaney's toolbox has them. */
const MEL = melBank()

function melBank(): { from: number; weights: Float32Array }[] {
  const top = toMel(8000)
  const edges = Array.from({ length: BANDS + 2 }, (_, i) => toHz((i * top) / (BANDS + 1)))
  return Array.from({ length: BANDS }, (_, band) => {
    const [low, mid, high] = [edges[band]!, edges[band + 1]!, edges[band + 2]!]
    const all = Array.from({ length: BINS }, (_, bin) => {
      const hz = (bin * 16_000) / FFT
      return Math.max(0, Math.min((hz - low) / (mid - low), (high - hz) / (high - mid))) * (2 / (high - low))
    })
    const from = Math.max(
      0,
      all.findIndex((weight) => weight > 0),
    )
    return { from, weights: Float32Array.from(all.slice(from, all.findLastIndex((weight) => weight > 0) + 1)) }
  })
}
