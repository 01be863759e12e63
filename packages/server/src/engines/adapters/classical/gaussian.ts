/** Second-order statistics of voice vectors: a mean, and the scatter within one stretch of speech. Pure. */

/** Count and sum of vectors. */
export interface Sums {
  count: number
  sum: Float64Array
}

export function sumsOf(vectors: readonly Float64Array[], dimensions: number): Sums {
  const sum = new Float64Array(dimensions)
  for (const vector of vectors) for (let i = 0; i < dimensions; i++) sum[i]! += vector[i]!
  return { count: vectors.length, sum }
}

export function merged(a: Sums, b: Sums): Sums {
  return { count: a.count + b.count, sum: a.sum.map((value, i) => value + b.sum[i]!) }
}

export function without(a: Sums, b: Sums): Sums {
  return { count: a.count - b.count, sum: a.sum.map((value, i) => value - b.sum[i]!) }
}

/**
 * Pooled scatter within stretches that one voice spoke: what a voice does while it says different sounds. Distances
 * between means are measured in its units, so that no constant depends on microphone, room or language.
 */
export class WithinScatter {
  readonly #products: Float64Array
  readonly #dimensions: number
  #count = 0

  constructor(dimensions: number) {
    this.#dimensions = dimensions
    this.#products = new Float64Array((dimensions * (dimensions + 1)) / 2)
  }

  /** Adds the deviations of `vectors` from their own mean. */
  add(vectors: readonly Float64Array[]): void {
    if (vectors.length < 2) return
    const { count, sum } = sumsOf(vectors, this.#dimensions)
    for (const vector of vectors) {
      for (let i = 0, p = 0; i < this.#dimensions; i++) {
        const a = vector[i]! - sum[i]! / count
        for (let j = 0; j <= i; j++) this.#products[p++]! += a * (vector[j]! - sum[j]! / count)
      }
    }
    this.#count += vectors.length
  }

  /** The map that makes the scatter a unit sphere: distances after it are Mahalanobis distances. */
  whitening(): (sums: Sums) => Float64Array {
    const L = cholesky(this.#covariance(), this.#dimensions)
    return ({ count, sum }) => {
      const z = new Float64Array(sum.length)
      for (let i = 0; i < z.length; i++) {
        let value = sum[i]! / Math.max(1, count)
        const row = (i * (i + 1)) / 2
        for (let k = 0; k < i; k++) value -= L[row + k]! * z[k]!
        z[i] = value / L[row + i]!
      }
      return z
    }
  }

  /** Off-diagonal values shrink while there are few vectors (Ledoit and Wolf's idea, with a fixed rate). */
  #covariance(): Float64Array {
    const keep = this.#count / (this.#count + 10 * this.#dimensions)
    return this.#products.map((value, p) => {
      const i = Math.floor((Math.sqrt(8 * p + 1) - 1) / 2)
      const isDiagonal = p === (i * (i + 1)) / 2 + i
      return (value / Math.max(1, this.#count)) * (isDiagonal ? 1 : keep) + (isDiagonal ? 1e-6 : 0)
    })
  }
}

/** Lower-triangular factor of a positive matrix, row by row. */
function cholesky(matrix: Float64Array, dimensions: number): Float64Array {
  const L = new Float64Array(matrix.length)
  const at = (i: number, j: number) => (i * (i + 1)) / 2 + j
  for (let i = 0; i < dimensions; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[at(i, j)]!
      for (let k = 0; k < j; k++) sum -= L[at(i, k)]! * L[at(j, k)]!
      L[at(i, j)] = i === j ? Math.sqrt(Math.max(sum, 1e-9)) : sum / L[at(j, j)]!
    }
  }
  return L
}

export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2
  return sum
}
