import type { Report } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { keepCorrections, withStanding } from './corrections.ts'
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

describe('suggested tasks', () => {
  /** The report with its last two tasks as suggestions. */
  const withSuggestions = (report: Report): Report => ({
    ...report,
    action_items: report.action_items.slice(0, -2),
    suggested_actions: report.action_items.slice(-2),
  })

  it('of a new report take the place of those that nobody touched', async () => {
    const before = withSuggestions(await analyze(input()))
    const after = keepCorrections(before, withSuggestions(await analyze(input({ segments: renumbered() }))))
    expect(validateReport(after)).toEqual([])
    expect(after.suggested_actions!.map(({ title }) => title)).toEqual(before.suggested_actions!.map(({ title }) => title))
    expect(keepCorrections(before, await analyze(input()))).not.toHaveProperty('suggested_actions')
  })

  it('that were dismissed never return, neither as suggestion nor as task', async () => {
    const before = withSuggestions(await analyze(input()))
    const [gone] = before.suggested_actions!
    before.suggested_actions![0] = { ...gone!, status: 'dismissed' }
    const fresh = await analyze(input({ segments: renumbered() }))
    for (const next of [withSuggestions(fresh), fresh]) {
      const after = keepCorrections(before, next)
      expect(validateReport(after)).toEqual([])
      const all = [...after.action_items, ...(after.suggested_actions ?? [])]
      expect(all.filter(({ title }) => title === gone!.title)).toMatchObject([{ id: gone!.id, status: 'dismissed' }])
      expect(after.summary).not.toContain(gone!.title)
      expect(keepCorrections(after, next)).toEqual(after)
    }
  })

  it('that became tasks stay tasks', async () => {
    const before = withSuggestions(await analyze(input()))
    const [taken, ...rest] = before.suggested_actions!
    before.action_items.push({ ...taken!, origin: 'user' })
    before.suggested_actions = rest
    const after = keepCorrections(before, withSuggestions(await analyze(input({ segments: renumbered() }))))
    expect(validateReport(after)).toEqual([])
    expect(after.action_items).toContainEqual(expect.objectContaining({ id: taken!.id, title: taken!.title, origin: 'user' }))
    expect(after.suggested_actions).toHaveLength(1)
  })
})

const finding = (id: string, change: Partial<Report['findings'][number]> = {}): Report['findings'][number] => ({
  id,
  kind: 'decision',
  text: id,
  evidence: ['seg-0001'],
  quote: '',
  status: 'open',
  origin: 'user',
  ...change,
})

describe('what was dismissed', () => {
  /** A report of another transcript of the same session. */
  async function remade(segments = renumbered()): Promise<Report> {
    return analyze(input({ segments }))
  }

  it('keeps its id and its reason, though the new report numbers its items differently', async () => {
    const before = touch(await analyze(input()))
    before.action_items[1] = { ...before.action_items[1]!, id: 'task-9', dismissed_because: 'Ya está hecho' }
    const after = keepCorrections(before, await remade())
    expect(after.action_items.find(({ id }) => id === 'task-9')).toMatchObject({
      status: 'dismissed',
      dismissed_because: 'Ya está hecho',
      title: before.action_items[1]!.title,
    })
    expect(validateReport(after)).toEqual([])
  })

  it('comes back in no second wording', async () => {
    const before = touch(await analyze(input()))
    const gone = before.action_items[1]!
    const next = await remade()
    const twin = next.action_items.find(({ title }) => title === gone.title)!
    next.action_items.push({ ...twin, id: 'task-50', title: `${twin.title} cuanto antes` })
    const after = keepCorrections(before, next)
    expect(after.action_items.filter(({ title, status }) => title.startsWith(gone.title) && status !== 'dismissed')).toEqual([])
  })

  it('is remembered while a transcript lacks its lines', async () => {
    const before = touch(await analyze(input()))
    const gone = before.action_items[1]!
    const without = keepCorrections(before, await remade(renumbered().slice(0, 1)))
    expect(without.action_items).toContainEqual(expect.objectContaining({ title: gone.title, status: 'dismissed', stale: true }))
    expect(validateReport(without)).toEqual([])
    const again = keepCorrections(without, await analyze(input()))
    expect(again.action_items.filter(({ title }) => title === gone.title)).toMatchObject([{ status: 'dismissed' }])
  })
})

describe('a decision that replaces another', () => {
  it('no longer does once it is dismissed, and does again when it is taken back', async () => {
    const report = await analyze(input())
    const first = finding('decision-1', { text: 'Lo hacemos en mayo', status: 'superseded' })
    const second = finding('decision-2', { text: 'Lo hacemos en junio', supersedes: 'decision-1' })
    const dismissed = withStanding({ ...report, findings: [first, { ...second, status: 'dismissed' }] })
    expect(dismissed.decisions).toEqual(['Lo hacemos en mayo'])
    const restored = withStanding({ ...dismissed, findings: [dismissed.findings[0]!, second] })
    expect(restored.decisions).toEqual(['Lo hacemos en junio'])
  })
})
