/** Arithmetic of voice embeddings. Pure. */

export function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let at = 0; at < a.length; at += 1) sum += a[at]! * b[at]!
  return sum
}

/** The vector at length 1; null for one that has no direction, or holds no numbers. */
export function unit(vector: Float32Array): Float32Array | null {
  const length = Math.sqrt(dot(vector, vector))
  return Number.isFinite(length) && length > 1e-9 ? vector.map((value) => value / length) : null
}

/** 0 for the same direction, 1 for none in common; both of unit length. */
export const cosineDistance = (a: Float32Array, b: Float32Array): number => 1 - dot(a, b)

/** `a` and `b` by their weights; not of unit length. */
export function weightedSum(a: Float32Array, aWeight: number, b: Float32Array, bWeight: number): Float32Array {
  return a.map((value, at) => value * aWeight + b[at]! * bWeight)
}
