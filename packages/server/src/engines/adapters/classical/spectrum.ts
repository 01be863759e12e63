/** Short-time spectrum and mel-frequency cepstra (Davis and Mermelstein 1980). Pure. */

/** 25 ms at 16 kHz. */
export const FRAME = 400
/** 10 ms at 16 kHz. */
export const HOP = 160
/** Cepstral coefficients kept: c1 … c16. c0, the level, tells distance from the microphone and not who speaks. */
export const CEPSTRA = 16

const FFT_SIZE = 512
const BINS = FFT_SIZE / 2 + 1
const MELS = 24
const SAMPLE_RATE = 16000
const LOWEST_HZ = 80
const HIGHEST_HZ = 7600

const hann = Float64Array.from({ length: FRAME }, (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / (FRAME - 1)))
const cosines = Float64Array.from({ length: FFT_SIZE / 2 }, (_, i) => Math.cos((2 * Math.PI * i) / FFT_SIZE))
const sines = Float64Array.from({ length: FFT_SIZE / 2 }, (_, i) => Math.sin((2 * Math.PI * i) / FFT_SIZE))
const filters = melFilters()
const dct = Float64Array.from({ length: CEPSTRA * MELS }, (_, i) =>
  Math.cos((Math.PI * (Math.floor(i / MELS) + 1) * ((i % MELS) + 0.5)) / MELS),
)

/** In-place radix-2 FFT of 512 points. */
function fft(re: Float64Array, im: Float64Array): void {
  for (let i = 1, j = 0; i < FFT_SIZE; i++) {
    let bit = FFT_SIZE >> 1
    for (; j & bit; bit >>= 1) j ^= bit
    j ^= bit
    if (i >= j) continue
    ;[re[i], re[j]] = [re[j]!, re[i]!]
    ;[im[i], im[j]] = [im[j]!, im[i]!]
  }
  for (let size = 2; size <= FFT_SIZE; size *= 2) {
    const half = size / 2
    const step = FFT_SIZE / size
    for (let from = 0; from < FFT_SIZE; from += size) {
      for (let k = 0; k < half; k++) {
        const c = cosines[k * step]!
        const s = sines[k * step]!
        const [a, b] = [from + k, from + k + half]
        const tr = re[b]! * c + im[b]! * s
        const ti = im[b]! * c - re[b]! * s
        re[b] = re[a]! - tr
        im[b] = im[a]! - ti
        re[a] = re[a]! + tr
        im[a] = im[a]! + ti
      }
    }
  }
}

/**
 * Cepstral coefficients c1 … c16 of one frame.
 *
 * @param samples - at least `at + FRAME` samples at 16 kHz; read, not kept
 * @param out - receives {@link CEPSTRA} values
 */
export function cepstra(samples: Int16Array, at: number, out: Float64Array): void {
  const re = new Float64Array(FFT_SIZE)
  const im = new Float64Array(FFT_SIZE)
  for (let i = 0; i < FRAME; i++) {
    const before = samples[at + i - 1] ?? 0
    re[i] = ((samples[at + i]! - 0.97 * before) / 32768) * hann[i]!
  }
  fft(re, im)
  const mel = new Float64Array(MELS)
  for (let m = 0; m < MELS; m++) {
    const { from, weights } = filters[m]!
    let energy = 0
    for (let i = 0; i < weights.length; i++) energy += weights[i]! * (re[from + i]! ** 2 + im[from + i]! ** 2)
    mel[m] = Math.log(energy + 1e-7)
  }
  for (let k = 0; k < CEPSTRA; k++) {
    let sum = 0
    for (let m = 0; m < MELS; m++) sum += dct[k * MELS + m]! * mel[m]!
    out[k] = sum / MELS
  }
}

/** Triangular filters, evenly spaced on the mel scale of O'Shaughnessy. */
function melFilters(): { from: number; weights: Float64Array }[] {
  const toMel = (hz: number) => 1127 * Math.log(1 + hz / 700)
  const toBin = (mel: number) => ((700 * (Math.exp(mel / 1127) - 1)) / SAMPLE_RATE) * FFT_SIZE
  const [low, high] = [toMel(LOWEST_HZ), toMel(HIGHEST_HZ)]
  const edge = (i: number) => toBin(low + ((high - low) * i) / (MELS + 1))
  return Array.from({ length: MELS }, (_, m) => {
    const [left, centre, right] = [edge(m), edge(m + 1), edge(m + 2)]
    const from = Math.floor(left)
    const to = Math.min(BINS, Math.ceil(right) + 1)
    const weights = Float64Array.from({ length: to - from }, (_, i) => {
      const bin = from + i
      return Math.max(0, bin <= centre ? (bin - left) / (centre - left) : (right - bin) / (right - centre))
    })
    return { from, weights }
  })
}
