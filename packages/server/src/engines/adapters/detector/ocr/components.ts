/** A point in pixels. */
export interface Point {
  x: number
  y: number
}

/** A connected patch of a probability map. */
export interface Component {
  /** Leftmost and rightmost pixel of each of its rows: enough for its convex hull. */
  outline: Point[]
  /** Mean probability, 0–1. */
  score: number
  pixels: number
}

/**
 * Patches of 8-connected pixels above a threshold, in reading order of their first pixel.
 *
 * @param map - probabilities, row by row
 */
export function components(map: Float32Array, width: number, height: number, threshold: number): Component[] {
  const seen = new Uint8Array(map.length)
  const found: Component[] = []
  for (let i = 0; i < map.length; i++) {
    if (seen[i] || map[i]! < threshold) continue
    found.push(flood(map, width, height, threshold, seen, i))
  }
  return found
}

function flood(map: Float32Array, width: number, height: number, threshold: number, seen: Uint8Array, start: number): Component {
  const rows = new Map<number, { min: number; max: number }>()
  const stack = [start]
  seen[start] = 1
  let sum = 0
  let pixels = 0
  for (let i = stack.pop(); i !== undefined; i = stack.pop()) {
    const x = i % width
    const y = (i - x) / width
    sum += map[i]!
    pixels += 1
    const row = rows.get(y)
    if (row) {
      row.min = Math.min(row.min, x)
      row.max = Math.max(row.max, x)
    } else rows.set(y, { min: x, max: x })
    for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
      for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
        const n = ny * width + nx
        if (seen[n] || map[n]! < threshold) continue
        seen[n] = 1
        stack.push(n)
      }
    }
  }
  const outline = [...rows].flatMap(([y, { min, max }]) => [
    { x: min, y },
    { x: max, y },
  ])
  return { outline, score: sum / pixels, pixels }
}
