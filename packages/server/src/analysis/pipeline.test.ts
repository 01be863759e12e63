import type { Observation, Report } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { DIALOGUE, STARTED_AT, segmentsOf, TIME_ZONE } from './fixtures/scripts.ts'
import { type AnalysisInput, analyze, STAGES } from './pipeline.ts'
import { validateReport } from './validate.ts'

const input = (change: Partial<AnalysisInput> = {}): AnalysisInput => ({
  sessionId: 'demo',
  language: 'es',
  startedAt: STARTED_AT,
  timeZone: TIME_ZONE,
  segments: segmentsOf(DIALOGUE.lines),
  frames: [],
  durationMs: 56_000,
  ...change,
})

const photo = (dangers: Observation['dangers'], status: Observation['status'] = 'done'): Observation => ({
  frame_id: 'frame-1',
  session_id: 'demo',
  captured_at: STARTED_AT,
  at: 12,
  size: [640, 480],
  status,
  description: 'Una escalera mojada.',
  people: [],
  objects: ['escalera'],
  text_visible: [],
  surroundings: '',
  activities: [],
  dangers,
  suggestions: [],
  uncertain: [],
  quality: { usable: true, light: 120, sharpness: 90, colors: [] },
  engine: { id: 'test', method: 'model' },
  timings: { total: 10 },
})

describe('analyze', () => {
  it('says so when nobody spoke, in a valid report', async () => {
    const report = await analyze(input({ segments: [] }))
    expect(validateReport(report)).toEqual([])
    expect(report.summary).toBe('No se oyó ninguna palabra.')
    expect(report.analysis.warnings.map(({ code }) => code)).toContain('no_words')
    expect([report.action_items, report.findings, report.summary_points, report.transcript]).toEqual([[], [], [], []])
  })

  it('leaves excluded segments out and counts them by reason', async () => {
    const segments = segmentsOf(DIALOGUE.lines).map((segment, i) =>
      i < 5 ? segment : { ...segment, excluded: 'unreliable' as const },
    )
    const report = await analyze(input({ segments }))
    expect(report.transcript).toHaveLength(5)
    expect(report.action_items).toHaveLength(1)
    expect(report.analysis.warnings).toContainEqual(expect.objectContaining({ code: 'excluded_unreliable', count: 6 }))
  })

  it('makes a seen danger of severity medium or high a risk, with the frame as evidence', async () => {
    const danger = { what: 'escalera mojada', why: 'caída', where: 'a la izquierda', certainty: 'medium' } as const
    const report = await analyze(
      input({
        frames: [
          photo([
            { ...danger, severity: 'high' },
            { ...danger, what: 'charco', severity: 'low' },
          ]),
        ],
      }),
    )
    expect(validateReport(report)).toEqual([])
    expect(report.findings.filter(({ source }) => source === 'shown')).toEqual([
      expect.objectContaining({
        kind: 'risk',
        text: 'Escalera mojada, a la izquierda',
        why: 'caída',
        severity: 'high',
        evidence: ['frame-1'],
      }),
    ])
    expect(report.risks).toHaveLength(3)
  })

  it('takes nothing from a photo that was not described', async () => {
    const danger = { what: 'x', why: 'y', where: 'z', certainty: 'high', severity: 'high' } as const
    expect((await analyze(input({ frames: [photo([danger], 'failed')] }))).risks).toHaveLength(2)
  })

  it('tells its stages in order', async () => {
    const seen: string[] = []
    await analyze(input(), { onProgress: (stage, done, total) => void seen.push(`${stage} ${done}/${total}`) })
    expect(seen).toEqual([...STAGES.map((stage, i) => `${stage} ${i}/${STAGES.length}`), 'validate 4/4'])
  })

  it('gives the reason of the signal when aborted', async () => {
    await expect(analyze(input(), { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow('stop')
  })

  it('gives the same report for the same input', async () => {
    expect(await analyze(input())).toEqual(await analyze(input()))
  })

  it('passes on engines, truncation, warnings and revision', async () => {
    const report = await analyze(
      input({
        engines: { asr: 'tiny-es' },
        truncated: true,
        revision: 4,
        warnings: [{ code: 'asr_failed', message: 'x', count: 2 }],
      }),
    )
    expect(report).toMatchObject({
      engines: { asr: 'tiny-es' },
      truncated: true,
      analysis: { revision: 4, method: 'extractive' },
    })
    expect(report.analysis.warnings.map(({ code }) => code)).toEqual(['asr_failed', 'truncated'])
  })

  it('decides the rules by the words when the language is auto', async () => {
    const report = await analyze(
      input({ language: 'auto', segments: segmentsOf(["A: I'll send the report by Friday to all of you."]) }),
    )
    expect(report.language).toBe('en')
    expect(report.action_items.map(({ title }) => title)).toEqual(['Send the report to all of you'])
  })

  it('analyses three hours of talk within seconds', async () => {
    const lines = Array.from({ length: 2200 }, (_, i) =>
      DIALOGUE.lines[i % DIALOGUE.lines.length]!.replace('proyecto', `proyecto ${i}`),
    )
    const report = await analyze(input({ segments: segmentsOf(lines), durationMs: 10_800_000 }))
    expect(validateReport(report)).toEqual([])
    expect(report.action_items.length).toBeLessThan(30)
  }, 20_000)
})

describe('validateReport', () => {
  const broken = async (change: (report: Report) => void) => {
    const report = structuredClone(await analyze(input()))
    change(report)
    return validateReport(report).map(({ code }) => code)
  }

  it('accepts a report of analyze', async () => expect(await broken(() => {})).toEqual([]))
  it('finds evidence that does not exist', async () =>
    expect(await broken((r) => r.action_items[0]!.evidence.push('seg-9999'))).toEqual(['unknown_evidence']))
  it('finds a claim without evidence', async () =>
    expect(
      await broken((r) => {
        r.findings[0]!.evidence = []
      }),
    ).toEqual(['schema']))
  it('finds an invented quote', async () =>
    expect(
      await broken((r) => {
        r.findings[0]!.quote = 'esto no lo dijo nadie'
      }),
    ).toEqual(['quote_not_said']))
  it('finds an empty quote', async () =>
    expect(
      await broken((r) => {
        r.action_items[0]!.quote = ''
      }),
    ).toEqual(['quote_not_said']))
  it('finds a quote of a segment that is not cited', async () => {
    expect(
      await broken((r) => {
        r.findings[0]!.quote = r.transcript[0]!.text
      }),
    ).toEqual(['quote_not_said'])
  })
  it('finds lists that differ from the findings', async () =>
    expect(await broken((r) => void r.risks.push('otro'))).toEqual(['lists_differ']))
  it('finds an id that is used twice', async () =>
    expect(
      await broken((r) => {
        r.action_items[1]!.id = r.action_items[0]!.id
      }),
    ).toEqual(['duplicate_id']))
  it('finds a summary that says more than its points', async () =>
    expect(
      await broken((r) => {
        r.summary += ' Y algo más.'
      }),
    ).toEqual(['summary_unproven']))
})
