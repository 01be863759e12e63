/** Recognises a photo that is nearly the same as one of the last of its session, so that its description is reused. */

/** Bits (of 64) in which two difference hashes may differ: recompression 0, blur 1, +20 % light 2; different photos: 19 and more. */
export const MAX_DHASH_DISTANCE = 6

/** How long a description may be reused. */
export const DUPLICATE_WINDOW_MS = 120_000

const MAX_REMEMBERED = 8

/** Number of bits in which two hashes of 16 hex digits differ, 0–64. */
export function dhashDistance(a: string, b: string): number {
  let bits = BigInt(`0x${a}`) ^ BigInt(`0x${b}`)
  let distance = 0
  for (; bits > 0n; bits &= bits - 1n) distance += 1
  return distance
}

interface Remembered<T> {
  dhash: string
  capturedMs: number
  value: T
}

/** The last few photos of one session. Bounded. */
export class RecentPhotos<T> {
  #photos: Remembered<T>[] = []

  add(dhash: string, capturedMs: number, value: T): void {
    this.#photos.push({ dhash, capturedMs, value })
    if (this.#photos.length > MAX_REMEMBERED) this.#photos.shift()
  }

  /** The closest photo taken within {@link DUPLICATE_WINDOW_MS} of `capturedMs`, or null. */
  findDuplicate(dhash: string, capturedMs: number): T | null {
    let best: { distance: number; value: T } | null = null
    for (const photo of this.#photos) {
      if (Math.abs(capturedMs - photo.capturedMs) > DUPLICATE_WINDOW_MS) continue
      const distance = dhashDistance(dhash, photo.dhash)
      if (distance <= MAX_DHASH_DISTANCE && distance < (best?.distance ?? 65)) best = { distance, value: photo.value }
    }
    return best?.value ?? null
  }
}
