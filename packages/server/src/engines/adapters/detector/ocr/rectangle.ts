import type { Point } from './components.ts'

/** A rectangle that may be turned: centre, size along its own axes, angle of the first axis (radians, −π/4…π/4 where it is level). */
export interface Rectangle {
  cx: number
  cy: number
  width: number
  height: number
  angle: number
}

/** Convex hull, counter-clockwise (Andrew's monotone chain). */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted((a, b) => a.x - b.x || a.y - b.y)
  if (sorted.length < 3) return sorted
  const half = (ordered: readonly Point[]): Point[] => {
    const chain: Point[] = []
    for (const p of ordered) {
      while (chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, p) <= 0) chain.pop()
      chain.push(p)
    }
    return chain.slice(0, -1)
  }
  return [...half(sorted), ...half(sorted.toReversed())]
}

const turn = (a: Point, b: Point, c: Point): number => (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x)

/** The rectangle of least area around the points; one of its sides lies on a side of their hull. */
export function minAreaRectangle(points: readonly Point[]): Rectangle {
  const hull = convexHull(points)
  let best = boundsAt(hull, 0)
  for (let i = 0; i < hull.length; i++) {
    const a = hull[i]!
    const b = hull[(i + 1) % hull.length]!
    const candidate = boundsAt(hull, Math.atan2(b.y - a.y, b.x - a.x))
    if (candidate.width * candidate.height < best.width * best.height - 1e-6) best = candidate
  }
  return level(best)
}

function boundsAt(points: readonly Point[], angle: number): Rectangle {
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  let [minU, maxU, minV, maxV] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { x, y } of points) {
    const u = x * cos + y * sin
    const v = y * cos - x * sin
    minU = Math.min(minU, u)
    maxU = Math.max(maxU, u)
    minV = Math.min(minV, v)
    maxV = Math.max(maxV, v)
  }
  const u = (minU + maxU) / 2
  const v = (minV + maxV) / 2
  return { cx: u * cos - v * sin, cy: u * sin + v * cos, width: maxU - minU + 1, height: maxV - minV + 1, angle }
}

/** The same rectangle with its first axis the most level one. */
function level(rectangle: Rectangle): Rectangle {
  let { width, height, angle } = rectangle
  while (angle > Math.PI / 4) {
    angle -= Math.PI / 2
    ;[width, height] = [height, width]
  }
  while (angle < -Math.PI / 4) {
    angle += Math.PI / 2
    ;[width, height] = [height, width]
  }
  return { ...rectangle, width, height, angle }
}

/**
 * Grows a shrunken text region to the text's size: DB (Liao et al., AAAI 2020, §3.4) learns regions shrunk by
 * area × ratio ÷ perimeter.
 */
export function unclip(rectangle: Rectangle, ratio: number): Rectangle {
  const { width, height } = rectangle
  const distance = (width * height * ratio) / (2 * (width + height))
  return { ...rectangle, width: width + 2 * distance, height: height + 2 * distance }
}
