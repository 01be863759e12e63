/** One-to-one matching of greatest total weight (Kuhn 1955, Munkres 1957; the O(n³) form with potentials). Pure. */

/**
 * @param weights - rows by columns, 0 or more; 0 is no match
 * @returns for each row the column it is matched with, or null
 */
export function assign(weights: readonly (readonly number[])[]): (number | null)[] {
  const rows = weights.length
  const columns = Math.max(0, ...weights.map((row) => row.length))
  const size = Math.max(rows, columns)
  if (size === 0) return []
  const cost = (row: number, column: number): number => -(weights[row - 1]?.[column - 1] ?? 0)
  const rowPotential = new Array<number>(size + 1).fill(0)
  const columnPotential = new Array<number>(size + 1).fill(0)
  const rowOf = new Array<number>(size + 1).fill(0)
  for (let row = 1; row <= size; row++) augment(row, size, cost, rowPotential, columnPotential, rowOf)
  const found = new Array<number | null>(rows).fill(null)
  for (let column = 1; column <= size; column++) {
    const row = rowOf[column]!
    if (row <= rows && column <= columns && cost(row, column) < 0) found[row - 1] = column - 1
  }
  return found
}

/** Brings one more row in along the cheapest path. Indices count from 1; column 0 is where the path begins. */
function augment(
  row: number,
  size: number,
  cost: (row: number, column: number) => number,
  u: number[],
  v: number[],
  rowOf: number[],
): void {
  rowOf[0] = row
  const least = new Array<number>(size + 1).fill(Number.POSITIVE_INFINITY)
  const before = new Array<number>(size + 1).fill(0)
  const used = new Array<boolean>(size + 1).fill(false)
  let column = 0
  do {
    used[column] = true
    const current = rowOf[column]!
    let delta = Number.POSITIVE_INFINITY
    let next = 0
    for (let j = 1; j <= size; j++) {
      if (used[j]) continue
      const reduced = cost(current, j) - u[current]! - v[j]!
      if (reduced < least[j]!) {
        least[j] = reduced
        before[j] = column
      }
      if (least[j]! < delta) {
        delta = least[j]!
        next = j
      }
    }
    for (let j = 0; j <= size; j++) {
      if (used[j]) {
        u[rowOf[j]!]! += delta
        v[j]! -= delta
      } else least[j]! -= delta
    }
    column = next
  } while (rowOf[column] !== 0)
  while (column !== 0) {
    rowOf[column] = rowOf[before[column]!]!
    column = before[column]!
  }
}
