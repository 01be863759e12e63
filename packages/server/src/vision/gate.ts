import type { PhotoQuality } from '@vigia/protocol'
import type { PhotoMeasures } from '../engines/photo-processor.ts'

/** Judges a photo by what was measured of it, before any model sees it. Pure. */

export type QualityProblem = NonNullable<PhotoQuality['problem']>

/** Bounds between good, poor (a problem is named) and useless (no model is asked). */
export interface GateBounds {
  /** Mean luma, 0–255. */
  dark: { poor: number; useless: number }
  bright: { poor: number; useless: number }
  /** Variance of the Laplacian at `MEASURE_WIDTH`. */
  blurred: { poor: number; useless: number }
  /** Short side, px. */
  lowResolution: { poor: number; useless: number }
}

/**
 * Measured on ten photos (street, rooms, people, signs, dusk): sharp ones have a sharpness of 190–4900, the same blurred by a
 * Gaussian of 2 px at most 128 and mostly below 30, of 5 px 2.7–12, a blank picture 0; a rocket at dusk has a light of 58.
 * A white page is bright and full of edges, so brightness counts only where there are none.
 */
export const GATE_BOUNDS: GateBounds = {
  dark: { poor: 40, useless: 12 },
  bright: { poor: 225, useless: 248 },
  blurred: { poor: 30, useless: 2 },
  lowResolution: { poor: 120, useless: 16 },
}

export interface Verdict {
  /** False when no engine could say anything true about it. */
  usable: boolean
  problem?: QualityProblem
}

/** The worst problem of a photo: first what makes it useless, then what makes it poor; darkness before blur, which follows from it. */
export function judgePhoto(
  photo: Pick<PhotoMeasures, 'light' | 'sharpness' | 'width' | 'height'>,
  bounds = GATE_BOUNDS,
): Verdict {
  const useless = problemAt('useless', photo, bounds)
  if (useless) return { usable: false, problem: useless }
  const poor = problemAt('poor', photo, bounds)
  return poor ? { usable: true, problem: poor } : { usable: true }
}

function problemAt(
  grade: 'poor' | 'useless',
  { light, sharpness, width, height }: Pick<PhotoMeasures, 'light' | 'sharpness' | 'width' | 'height'>,
  bounds: GateBounds,
): QualityProblem | undefined {
  if (Math.min(width, height) < bounds.lowResolution[grade]) return 'low_resolution'
  if (light < bounds.dark[grade]) return 'dark'
  if (light > bounds.bright[grade] && sharpness < bounds.blurred.poor) return 'bright'
  if (sharpness < bounds.blurred[grade]) return 'blurred'
  return undefined
}
