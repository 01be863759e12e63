import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { components } from './components.ts'
import { decodeCtc } from './ctc.ts'
import { joinLines } from './lines.ts'
import { convexHull, minAreaRectangle, unclip } from './rectangle.ts'
import { cutStrip, STRIP_HEIGHT } from './strip.ts'

describe('components', () => {
  test('finds patches that touch at an edge or corner, with their mean probability', () => {
    const map = Float32Array.from([0.9, 0, 0, 0, 0, 0.7, 0, 0.5, 0, 0, 0, 0.6])
    const found = components(map, 4, 3, 0.4)
    expect(found.map(({ pixels, score }) => [pixels, Number(score.toFixed(2))])).toEqual([
      [2, 0.8],
      [2, 0.55],
    ])
  })
})

describe('minAreaRectangle', () => {
  test('recovers a turned rectangle from its points, with a level first axis', () => {
    const sides = fc.record({
      width: fc.double({ min: 40, max: 200, noNaN: true }),
      height: fc.double({ min: 5, max: 30, noNaN: true }),
      angle: fc.double({ min: -0.7, max: 0.7, noNaN: true }),
    })
    fc.assert(
      fc.property(sides, ({ width, height, angle }) => {
        const corners = [-1, 1].flatMap((u) =>
          [-1, 1].map((v) => ({
            x: 100 + ((u * width) / 2) * Math.cos(angle) - ((v * height) / 2) * Math.sin(angle),
            y: 50 + ((u * width) / 2) * Math.sin(angle) + ((v * height) / 2) * Math.cos(angle),
          })),
        )
        const found = minAreaRectangle(corners)
        expect(found.cx).toBeCloseTo(100, 3)
        expect(found.cy).toBeCloseTo(50, 3)
        expect(found.angle).toBeCloseTo(angle, 3)
        expect(found.width).toBeCloseTo(width + 1, 3) // pixels are one wide
        expect(found.height).toBeCloseTo(height + 1, 3)
      }),
    )
  })

  test('bears a single point and points on a line', () => {
    expect(minAreaRectangle([{ x: 3, y: 4 }])).toMatchObject({ cx: 3, cy: 4, width: 1, height: 1 })
    expect(minAreaRectangle([0, 1, 2, 9].map((x) => ({ x, y: 0 })))).toMatchObject({ width: 10, height: 1 })
  })

  test('the hull holds every point', () => {
    const point = fc.record({ x: fc.integer({ min: 0, max: 50 }), y: fc.integer({ min: 0, max: 50 }) })
    fc.assert(
      fc.property(fc.array(point, { minLength: 3, maxLength: 40 }), (points) => {
        const hull = convexHull(points)
        for (const p of points) {
          const outside = hull.some((a, i) => {
            const b = hull[(i + 1) % hull.length]!
            return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x) < 0
          })
          expect(hull.length > 2 && outside).toBe(false)
        }
      }),
    )
  })
})

test('unclip grows both sides by the same distance', () => {
  const grown = unclip({ cx: 0, cy: 0, width: 100, height: 20, angle: 0 }, 1.5)
  expect(grown.width).toBeCloseTo(125)
  expect(grown.height).toBeCloseTo(45)
})

test('a strip keeps the aspect ratio, straightens, and turns vertical text by a quarter', () => {
  const width = 100
  const data = new Uint8Array(width * width * 3)
  for (let y = 0; y < width; y++) for (let x = 0; x < width; x++) data[(y * width + x) * 3] = x < 50 ? 0 : 255
  const image = { data, width, height: width }
  const level = cutStrip(image, { cx: 50, cy: 50, width: 80, height: 20, angle: 0 })
  expect(level.width).toBe(192)
  const red = (x: number, y: number, strip: typeof level) => strip.planes[y * strip.width + x]
  expect([red(5, 24, level), red(186, 24, level)]).toEqual([-1, 1])
  const upright = cutStrip(image, { cx: 50, cy: 50, width: 20, height: 80, angle: 0 })
  expect(upright.width).toBe(192)
  expect(red(96, 2, upright)).not.toBe(red(96, STRIP_HEIGHT - 3, upright))
})

test('CTC merges repeats, drops blanks and keeps doubled letters apart', () => {
  const steps = [1, 1, 0, 2, 3, 3, 0, 3, 1]
  const probabilities = Float32Array.from(steps.flatMap((best) => [0, 1, 2, 3].map((c) => (c === best ? 0.7 : 0.1))))
  const { text, score } = decodeCtc(probabilities, 4, ['a', 'c', 'l'])
  expect(text).toBe('aclla')
  expect(score).toBeCloseTo(0.7)
  expect(decodeCtc(new Float32Array(), 4, [])).toEqual({ text: '', score: 0 })
})

test('pieces side by side are one line; columns and lines below are not', () => {
  const piece = (text: string, left: number, top: number, right: number, bottom: number, score = 0.9) => ({
    text,
    score,
    box: { left, top, right, bottom },
  })
  const lines = joinLines(
    [
      piece('EMERGENCIA', 0.1, 0.3, 0.5, 0.4),
      piece('DE', 0.31, 0.1, 0.4, 0.2, 0.8),
      piece('SALIDA', 0.1, 0.11, 0.3, 0.21),
      piece('Bar', 0.8, 0.1, 0.95, 0.2),
    ],
    1,
  )
  expect(lines.map(({ text, score }) => [text, score])).toEqual([
    ['SALIDA DE', 0.8],
    ['Bar', 0.9],
    ['EMERGENCIA', 0.9],
  ])
})
