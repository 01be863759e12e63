import type { Report } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { keepCorrections } from './corrections.ts'
import { DIALOGUE, STARTED_AT, segmentsOf, TIME_ZONE } from './fixtures/scripts.ts'
import { type AnalysisInput, analyze } from './pipeline.ts'
import { validateReport } from './validate.ts'

const input = (change: Partial<AnalysisInput> = {}): AnalysisInput => ({
  sessionId: 'test',
  language: 'es',
  startedAt: STARTED_AT,
  timeZone: TIME_ZONE,
  segments: segmentsOf(DIALOGUE.lines),
  frames: [],
  durationMs: 55_000,
  ...change,
})

/** The same words in a transcript with other ids and slightly other times. */
const renumbered = () =>
  segmentsOf(DIALOGUE.lines).map((segment, i) => ({
    ...segment,
    id: `utt-${i}`,
    start: segment.start + 0.4,
    end: segment.end + 0.4,
  }))

function touch(report: Report): Report {
  const [first, second, third] = report.action_items
  return {
    ...report,
    action_items: [
      { ...first!, title: 'Pedir dos cotizaciones', origin: 'user' },
      { ...second!, status: 'dismissed' },
      { ...third!, status: 'done' },
      ...report.action_items.slice(3),
    ],
    findings: report.findings.map((finding) => (finding.kind === 'risk' ? { ...finding, status: 'dismissed' } : finding)),
  }
}

describe.each([
  ['the same transcript', input()],
  ['a new transcript of the recording', input({ segments: renumbered() })],
])('corrections, after an analysis of %s', (_, again) => {
  it('stay', async () => {
    const before = touch(await analyze(input()))
    const after = keepCorrections(before, await analyze(again))
    expect(validateReport(after)).toEqual([])
    expect(after.action_items).toHaveLength(before.action_items.length)
    const byTitle = (title: string) => after.action_items.find((item) => item.title === title)
    expect(byTitle('Pedir dos cotizaciones')).toMatchObject({ origin: 'user', id: before.action_items[0]!.id })
    expect(byTitle(before.action_items[1]!.title)).toMatchObject({ status: 'dismissed' })
    expect(byTitle(before.action_items[2]!.title)).toMatchObject({ status: 'done' })
    expect(after.risks).toEqual([])
    expect(after.summary).not.toContain('Riesgo:')
  })

  it('stay however often it is analysed', async () => {
    const fresh = await analyze(again)
    const once = keepCorrections(touch(await analyze(input())), fresh)
    const twice = keepCorrections(once, fresh)
    expect(twice.action_items).toEqual(once.action_items)
    expect(twice.findings).toEqual(once.findings)
  })
})

it('a first report has nothing to keep', async () => {
  const report = await analyze(input())
  expect(keepCorrections(null, report)).toBe(report)
})
