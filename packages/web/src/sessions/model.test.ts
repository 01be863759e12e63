import type { Report } from '@vigia/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { en } from '../i18n/en.ts'
import { es } from '../i18n/es.ts'
import { preferredLanguage } from '../i18n/i18n.ts'
import { clock, span } from '../std/format.ts'
import { parseRoute } from '../std/router.ts'
import { rowAt, topsOf } from '../ui/virtual.ts'
import { citedBy, compareReports, type Row, rowIndexAt, spanOf, speechSpans } from './model.ts'

const row = (id: string, start: number, end: number): Row => ({
  kind: 'segment',
  key: id,
  at: start,
  startsTurn: true,
  segment: { id, start, end, text: id, rev: 0 },
})
const rows = [row('a', 0, 2), row('b', 2.5, 4), row('c', 20, 22)]

describe('the timeline of a session', () => {
  it('finds the line that is played', () => {
    expect([-1, 0, 2.4, 2.5, 19, 99].map((at) => rowIndexAt(rows, at))).toEqual([-1, 0, 0, 1, 1, 2])
  })

  it('spans what is cited from its first to its last word', () => {
    expect(spanOf(['b', 'c'], rows)).toEqual({ start: 2.5, end: 22 })
    expect(spanOf(['gone'], rows)).toBeNull()
  })

  it('joins speech over short pauses, so that only silence is skipped', () => {
    expect(speechSpans(rows)).toEqual([
      { start: 0, end: 4 },
      { start: 20, end: 22 },
    ])
  })

  it('leads from a line to suggested tasks, and to none that was dismissed', () => {
    const claim = (id: string, status: string) => ({ id, title: id, status, evidence: ['b'] })
    const suggested_actions = [claim('x', 'open'), claim('y', 'dismissed')]
    const report = { summary_points: [], findings: [], action_items: [], suggested_actions } as unknown as Report
    expect(citedBy(report).get('b')).toEqual([{ id: 'x', text: 'x' }])
  })

  it('tells what a new analysis changed', () => {
    const report = (titles: string[]): Report =>
      ({ summary_points: [], findings: [], action_items: titles.map((title) => ({ title })) }) as unknown as Report
    expect(compareReports(report(['x', 'y']), report(['y', 'z']))).toEqual({ added: ['z'], removed: ['x'] })
  })
})

describe('the virtual list', () => {
  it('finds the row at any height', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (heights, part) => {
          const tops = topsOf(heights.length, (index) => heights[index]!)
          const y = part * (tops.at(-1)! - 1)
          const index = rowAt(tops, y)
          expect(tops[index]!).toBeLessThanOrEqual(y)
          expect(tops[index + 1]!).toBeGreaterThan(y)
        },
      ),
    )
  })
})

describe('texts and addresses', () => {
  it('speaks Spanish unless English is wanted, with the same texts in both', () => {
    expect([preferredLanguage(['en-GB']), preferredLanguage(['fr']), preferredLanguage([])]).toEqual(['en', 'es', 'es'])
    expect(Object.keys(en).sort()).toEqual(Object.keys(es).sort())
    const fields = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort()
    for (const key of Object.keys(es) as (keyof typeof es)[]) expect(fields(en[key]), key).toEqual(fields(es[key]))
  })

  it('reads times and addresses', () => {
    expect([clock(62), clock(3723), span(45), span(125), span(3900)]).toEqual([
      '1:02',
      '1:02:03',
      '45 s',
      '2 min 5 s',
      '1 h 5 min',
    ])
    const { path, query } = parseRoute('#/sessions/a%20b?t=3')
    expect([path, query.get('t')]).toEqual([['sessions', 'a b'], '3'])
  })
})
