/** Fundamental frequency by normalised autocorrelation (the core of Boersma 1993), at a quarter of the sample rate. Pure. */

const SAMPLE_RATE = 16000
const STEP = 4
const RATE = SAMPLE_RATE / STEP
/** 40 ms hold two periods of the deepest voice looked for. */
const WINDOW = 160
const LOWEST_HZ = 65
const HIGHEST_HZ = 420
const MIN_LAG = Math.floor(RATE / HIGHEST_HZ)
const MAX_LAG = Math.ceil(RATE / LOWEST_HZ)
/** Periodicity from which a frame counts as voiced; 0.45 is Praat's voicing threshold, raised for short windows. */
const VOICED = 0.55
/** A shorter period must be this much better to be passed over for a longer one: against octave errors. */
const OCTAVE = 0.9

/** Samples at 16 kHz that {@link pitchOf} reads from its position. */
export const PITCH_SPAN = (WINDOW + MAX_LAG) * STEP

/**
 * Fundamental frequency in Hz of the stretch that begins at sample `at`, or null where it is not voiced.
 *
 * @param low - samples at 4 kHz, see {@link decimate}
 * @param at - position at 16 kHz
 */
export function pitchOf(low: Float64Array, at: number): number | null {
  const from = Math.round(at / STEP)
  if (from < 0 || from + WINDOW + MAX_LAG > low.length) return null
  const scores = new Float64Array(MAX_LAG + 2)
  let energy = 0
  for (let i = 0; i < WINDOW; i++) energy += low[from + i]! ** 2
  if (energy < 1e-6) return null
  let best = 0
  for (let lag = MIN_LAG; lag <= MAX_LAG; lag++) {
    let cross = 0
    let other = 0
    for (let i = 0; i < WINDOW; i++) {
      cross += low[from + i]! * low[from + lag + i]!
      other += low[from + lag + i]! ** 2
    }
    scores[lag] = cross / Math.sqrt(energy * other + 1e-12)
    best = Math.max(best, scores[lag]!)
  }
  if (best < VOICED) return null
  for (let lag = MIN_LAG + 1; lag < MAX_LAG; lag++) {
    const isPeak = scores[lag]! >= scores[lag - 1]! && scores[lag]! >= scores[lag + 1]!
    if (isPeak && scores[lag]! >= OCTAVE * best) return RATE / (lag + parabola(scores, lag))
  }
  return null
}

/** 16 kHz to 4 kHz: mean of blocks after a short smoothing; enough below 420 Hz. */
export function decimate(samples: Int16Array): Float64Array {
  return Float64Array.from({ length: Math.floor(samples.length / STEP) }, (_, i) => {
    let sum = 0
    for (let k = -STEP; k < 2 * STEP; k++) sum += samples[i * STEP + k] ?? 0
    return sum / (3 * STEP * 32768)
  })
}

function parabola(scores: Float64Array, lag: number): number {
  const [a, b, c] = [scores[lag - 1]!, scores[lag]!, scores[lag + 1]!]
  const bend = a - 2 * b + c
  return bend === 0 ? 0 : (0.5 * (a - c)) / bend
}
