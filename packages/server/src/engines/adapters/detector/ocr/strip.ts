import type { RgbImage } from '../sight.ts'
import type { Rectangle } from './rectangle.ts'

/** Height of a line of text as the recognizer takes it, px. */
export const STRIP_HEIGHT = 48
const MIN_WIDTH = 16
const MAX_WIDTH = 1600

/**
 * Cuts a turned rectangle out of a picture and straightens it, bilinearly, as planes of red, green, blue in −1…1.
 * A rectangle much taller than wide holds vertical text and is turned by a quarter.
 */
export function cutStrip(image: RgbImage, rectangle: Rectangle): { planes: Float32Array; width: number } {
  const upright = rectangle.height < 1.5 * rectangle.width ? rectangle : quarterTurn(rectangle)
  const width = Math.round(Math.min(MAX_WIDTH, Math.max(MIN_WIDTH, (STRIP_HEIGHT * upright.width) / upright.height)))
  const planes = new Float32Array(3 * STRIP_HEIGHT * width)
  const cos = Math.cos(upright.angle)
  const sin = Math.sin(upright.angle)
  for (let y = 0; y < STRIP_HEIGHT; y++) {
    const v = ((y + 0.5) / STRIP_HEIGHT - 0.5) * upright.height
    for (let x = 0; x < width; x++) {
      const u = ((x + 0.5) / width - 0.5) * upright.width
      sample(image, upright.cx + u * cos - v * sin, upright.cy + u * sin + v * cos, planes, y * width + x, STRIP_HEIGHT * width)
    }
  }
  return { planes, width }
}

const quarterTurn = (r: Rectangle): Rectangle => ({ ...r, width: r.height, height: r.width, angle: r.angle - Math.PI / 2 })

function sample({ data, width, height }: RgbImage, x: number, y: number, out: Float32Array, at: number, plane: number): void {
  const px = Math.min(width - 1, Math.max(0, x))
  const py = Math.min(height - 1, Math.max(0, y))
  const x0 = Math.floor(px)
  const y0 = Math.floor(py)
  const x1 = Math.min(width - 1, x0 + 1)
  const y1 = Math.min(height - 1, y0 + 1)
  const fx = px - x0
  const fy = py - y0
  for (let c = 0; c < 3; c++) {
    const top = data[(y0 * width + x0) * 3 + c]! * (1 - fx) + data[(y0 * width + x1) * 3 + c]! * fx
    const bottom = data[(y1 * width + x0) * 3 + c]! * (1 - fx) + data[(y1 * width + x1) * 3 + c]! * fx
    out[c * plane + at] = (top * (1 - fy) + bottom * fy) / 127.5 - 1
  }
}
