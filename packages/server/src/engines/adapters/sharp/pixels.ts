/** Measurements on raw pixels: light, sharpness, difference hash. Pure; one byte per pixel unless said. */

/** Mean luma, 0–255. */
export function meanLuma(luma: Uint8Array): number {
  let sum = 0
  for (const value of luma) sum += value
  return luma.length === 0 ? 0 : sum / luma.length
}

/**
 * Variance of the 4-neighbour Laplacian: high where there are edges, near 0 on blurred or blank pictures
 * (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000).
 */
export function laplacianVariance(luma: Uint8Array, width: number, height: number): number {
  let sum = 0
  let squares = 0
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x
      const edge = luma[i - width]! + luma[i + width]! + luma[i - 1]! + luma[i + 1]! - 4 * luma[i]!
      sum += edge
      squares += edge * edge
    }
  }
  const count = (width - 2) * (height - 2)
  if (width < 3 || height < 3) return 0
  const mean = sum / count
  return squares / count - mean * mean
}

/** Width and height that {@link differenceHash} takes. */
export const DHASH_SIZE = { width: 9, height: 8 } as const

/**
 * 64-bit difference hash: one bit per horizontal neighbour pair, set where luma rises; 16 hex digits.
 *
 * @param luma - 9 × 8 pixels
 */
export function differenceHash(luma: Uint8Array): string {
  let hash = 0n
  for (let y = 0; y < DHASH_SIZE.height; y++) {
    for (let x = 0; x < DHASH_SIZE.width - 1; x++) {
      const i = y * DHASH_SIZE.width + x
      hash = (hash << 1n) | (luma[i + 1]! > luma[i]! ? 1n : 0n)
    }
  }
  return hash.toString(16).padStart(16, '0')
}
