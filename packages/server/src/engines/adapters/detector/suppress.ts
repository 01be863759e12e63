import type { Box, DetectedObject } from './sight.ts'

/** Overlap of two boxes, 0–1: intersection over union. */
export function overlap(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left)
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top)
  if (width <= 0 || height <= 0) return 0
  const shared = width * height
  return shared / (areaOf(a) + areaOf(b) - shared)
}

/** Share of the picture that a box covers. */
export const areaOf = (box: Box): number => Math.max(0, box.right - box.left) * Math.max(0, box.bottom - box.top)

/** Two boxes of one class that overlap more are one object. */
const SAME_CLASS = 0.45
/** Two boxes of different classes that overlap more are one object whose class is in doubt; the likelier stays. */
const ANY_CLASS = 0.75

/** Non-maximum suppression: of boxes that show the same thing the likeliest stays. */
export function suppress(objects: readonly DetectedObject[]): DetectedObject[] {
  const kept: DetectedObject[] = []
  for (const object of objects.toSorted((a, b) => b.score - a.score)) {
    const same = kept.some(
      (other) => overlap(object.box, other.box) > (object.classId === other.classId ? SAME_CLASS : ANY_CLASS),
    )
    if (!same) kept.push(object)
  }
  return kept
}
