/** Measurements on raw pixels: light, sharpness, difference hash. Pure; one byte per pixel unless said. */

/** Interleaved 8-bit pixels. */
export interface Pixels {
  data: Uint8Array
  width: number
  height: number
  /** Bytes per pixel; of one or two the first is grey, of three or more the first three are red, green, blue. */
  channels: number
}

/** Luma of each pixel after ITU-R BT.601. */
export function lumaOf({ data, width, height, channels }: Pixels): Uint8Array {
  const luma = new Uint8Array(width * height)
  if (channels < 3) {
    for (let i = 0; i < luma.length; i++) luma[i] = data[i * channels]!
    return luma
  }
  for (let i = 0, at = 0; i < luma.length; i++, at += channels)
    luma[i] = (77 * data[at]! + 150 * data[at + 1]! + 29 * data[at + 2]! + 128) >> 8
  return luma
}

/** Brings pixels to `width` × `height`; each is the mean of those that it covers, or the nearest one where it is smaller. */
export function boxScale(pixels: Pixels, width: number, height: number): Pixels {
  const { channels } = pixels
  const data = new Uint8Array(width * height * channels)
  for (let y = 0; y < height; y++) {
    const rows = spanOf(y, height, pixels.height)
    for (let x = 0; x < width; x++) meanOf(pixels, spanOf(x, width, pixels.width), rows, data, (y * width + x) * channels)
  }
  return { data, width, height, channels }
}

type Span = readonly [from: number, to: number]

function spanOf(i: number, count: number, length: number): Span {
  const from = Math.floor((i * length) / count)
  return [from, Math.max(from + 1, Math.floor(((i + 1) * length) / count))]
}

function meanOf({ data, width, channels }: Pixels, [left, right]: Span, [top, bottom]: Span, out: Uint8Array, at: number): void {
  const count = (right - left) * (bottom - top)
  for (let channel = 0; channel < channels; channel++) {
    let sum = 0
    for (let y = top; y < bottom; y++) {
      const end = (y * width + right) * channels
      for (let i = (y * width + left) * channels + channel; i < end; i += channels) sum += data[i]!
    }
    out[at + channel] = Math.round(sum / count)
  }
}

/** Mean luma, 0–255. */
export function meanLuma(luma: Uint8Array): number {
  let sum = 0
  // four times as fast as for-of over a typed array
  for (let i = 0; i < luma.length; i++) sum += luma[i]!
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
