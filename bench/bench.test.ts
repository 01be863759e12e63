import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { allocationRows, allocationsOf, behalfOf, type HeapNode, totalBytes } from './lib/allocations.ts'
import { replaceTable, withTable } from './lib/page.ts'
import { type Figure, meetsGoal } from './lib/row.ts'
import { interleave, median, percentile, ratioOf } from './lib/stats.ts'
import { figureText, table } from './lib/table.ts'
import { talk } from './lib/talk.ts'
import { ROWS } from './rows/index.ts'
import { runRows } from './run.ts'

describe('statistics', () => {
  it('median and percentile are values in range, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), { minLength: 1 }), (values) => {
        for (const value of [median(values), percentile(values, 0.5), percentile(values, 0.95)]) {
          expect(value).toBeGreaterThanOrEqual(Math.min(...values))
          expect(value).toBeLessThanOrEqual(Math.max(...values))
        }
        expect(median(values.toReversed())).toBe(median(values))
        expect(percentile(values, 0.95)).toBeGreaterThanOrEqual(percentile(values, 0.5))
      }),
    )
  })

  it('each round runs every variant once, and another begins each time', async () => {
    const order: string[] = []
    const variant = (name: string, value: number) => async () => {
      order.push(name)
      return { value }
    }
    const samples = await interleave(3, { a: variant('a', 6), b: variant('b', 2), c: variant('c', 1) })
    expect(order.join('')).toBe('abcbcacab')
    expect(ratioOf(samples.a, samples.b, 'value')).toEqual({ ratio: 3, spread: [3, 3] })
  })
})

describe('the table', () => {
  const figure: Figure = {
    what: 'x',
    unit: 'ms',
    better: 'less',
    ours: 2,
    than: { name: 'y', value: 4 },
    ratio: 0.5,
    goal: { of: 'ratio', max: 1 },
  }
  const machine = { cpu: 'a cpu', cores: 2, memoryGb: 4, os: 'os', node: 'v24', date: '2026-11-20', loadBefore: 0 }

  it('names machine and date, says whether a goal is met, and why a row was not measured', () => {
    const rows = [
      { name: 'r', title: 'Row', figures: [figure, { ...figure, ratio: 2 }], seconds: 1 },
      { name: 's', title: 'Other', figures: [], skipped: 'no Python', seconds: 0 },
    ]
    const text = table({ size: 'short', machine, rows })
    expect(text).toContain('2026-11-20, 2 cores of a cpu')
    expect(text).toContain('| x | 2 ms | 4 ms, y | 0.50× |  | less | ≤ 1×: met |')
    expect(text).toContain('**not met**')
    expect(text).toContain('not measured: no Python')
    expect(meetsGoal({ ...figure, goal: undefined })).toBeNull()
    expect([figureText(1234.5), figureText(0.01234), figureText(Number.NaN)]).toEqual(['1235', '0.0123', '–'])
  })

  it('is put between the marks of the page, and nothing else is touched', async () => {
    const dir = await mkdtemp(path.join(tmpdir(), 'vigia-bench-page-'))
    try {
      const page = await readFile(path.join(import.meta.dirname, '../docs/performance.md'), 'utf8')
      const file = path.join(dir, 'page.md')
      await writeFile(file, page)
      await withTable(file, 'THE TABLE')
      const written = await readFile(file, 'utf8')
      expect(written).toContain('THE TABLE')
      expect(written.split('<!--')[0]).toBe(page.split('<!--')[0])
      expect(replaceTable(written, 'AGAIN')).not.toContain('THE TABLE')
      expect(() => replaceTable('no marks', '')).toThrow('marks')
    } finally {
      await rm(dir, { recursive: true })
    }
  })
})

describe('a heap profile', () => {
  const node = (functionName: string, url: string, selfSize: number, ...children: HeapNode[]): HeapNode => ({
    callFrame: { functionName, url, lineNumber: 9 },
    selfSize,
    children,
  })
  const parse = node('parse', 'file:///repo/node_modules/zod/core.js', 300)
  const profile = {
    head: node('(root)', '', 0, parse, node('take', 'file:///repo/packages/a.ts', 100, parse, node('slice', '', 50, parse))),
  }

  it('tells who allocated, and for which of our functions', () => {
    expect(allocationsOf(profile, '/repo')).toEqual([
      { where: 'parse (zod/core.js:10)', bytes: 900 },
      { where: 'take (packages/a.ts:10)', bytes: 100 },
      { where: 'slice', bytes: 50 },
    ])
    expect(behalfOf(profile, '/repo')).toEqual([
      { where: 'take (packages/a.ts:10)', bytes: 750 },
      { where: 'no function of ours', bytes: 300 },
    ])
    expect(behalfOf(profile, '/elsewhere')).toEqual([{ where: 'no function of ours', bytes: 1050 }])
  })

  it('is given per unit of work, with shares of the whole', () => {
    const allocations = behalfOf(profile, '/repo')
    expect(totalBytes(allocations)).toBe(1050)
    expect(allocationRows(allocations, 10, 1)).toEqual(['| `take (packages/a.ts:10)` | 75 | 71.4 % |'])
  })
})

describe('the rows', () => {
  it('talk is the same every time, and as long as asked', () => {
    expect(talk(60)).toEqual(talk(60))
    expect(talk(3600)).toHaveLength(720)
  })

  it('run at their smallest: live audio, reports, search', { timeout: 120_000 }, async () => {
    const small = ROWS.filter(({ name }) => ['ingest', 'reports', 'search'].includes(name))
    const results = await runRows(small, 'smoke', () => {})
    expect(results.map(({ skipped }) => skipped)).toEqual([undefined, undefined, undefined])
    for (const { figures } of results) {
      expect(figures.length).toBeGreaterThan(0)
      for (const { what, ours } of figures) expect(ours, what).toBeGreaterThanOrEqual(0)
    }
  })
})
