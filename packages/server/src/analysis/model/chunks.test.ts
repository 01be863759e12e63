import { describe, expect, it } from 'vitest'
import { longSession, segmentsOfLong } from '../../../test/analysis/long-session.ts'
import { toChunks } from './chunks.ts'
import { type Line, toLines } from './lines.ts'

const lines = toLines(segmentsOfLong(longSession(3)))
const sizeOf = (line: Line): number => Math.ceil(line.text.length * 0.28) + 8
const BUDGET = 3500
const cutsOf = (size: (line: Line) => number) => toChunks(lines, size, BUDGET).map((chunk) => chunk.lines[0]!.n)

describe('parts of a long session', () => {
  it('hold each line once, in order, within the budget, with the lines before as context', () => {
    const chunks = toChunks(lines, sizeOf, BUDGET)
    expect(chunks.flatMap((chunk) => chunk.lines.map(({ n }) => n))).toEqual(lines.map(({ n }) => n))
    for (const [i, { lines: own, context }] of chunks.entries()) {
      expect([...context, ...own].reduce((sum, line) => sum + sizeOf(line), 0)).toBeLessThanOrEqual(BUDGET)
      expect(context.map(({ n }) => n)).toEqual(i === 0 ? [] : [3, 2, 1].map((back) => own[0]!.n - back))
    }
  })

  it('are cut at a pause where there is one', () => {
    const at = cutsOf(sizeOf)[1]!
    const paused = lines.map((line) => (line.n > at - 8 ? { ...line, start: line.start + 60, end: line.end + 60 } : line))
    expect(toChunks(paused, sizeOf, BUDGET)[1]!.lines[0]!.n).toBe(at - 7)
  })

  it('stay as they are, but for a few, when one line grows', () => {
    const cuts = new Set(cutsOf(sizeOf))
    const grown = Array.from({ length: 12 }, (_, i) => 10 + 75 * i)
    const moved = grown.map(
      (n) => cutsOf((line) => sizeOf(line) + (line.n === n ? 120 : 0)).filter((cut) => !cuts.has(cut)).length,
    )
    // Cuts at the limit itself would all move behind the line: ten of twenty on average.
    expect(moved.reduce((sum, count) => sum + count, 0) / moved.length).toBeLessThan(3)
  })
})

it('a line longer than the budget is a part of its own', () => {
  expect(toChunks(lines.slice(0, 3), () => 9000, BUDGET).map((chunk) => chunk.lines.length)).toEqual([1, 1, 1])
})
