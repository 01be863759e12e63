import { analyze } from '../../packages/server/src/analysis/pipeline.ts'
import { pythonWith } from '../lib/processes.ts'
import { runPython } from '../lib/python.ts'
import type { Figure, Row } from '../lib/row.ts'
import { interleave, middle, ratioOf, type Sample } from '../lib/stats.ts'
import { talk } from '../lib/talk.ts'

/** From a transcript to the checked report by rules, each claim with its evidence. */
export const reports: Row = {
  name: 'reports',
  title: 'Report of a transcript by rules, each claim checked, beside ten sentences by word frequency',
  async run(context) {
    const python = await pythonWith(['json'])
    const figures: Figure[] = []
    for (const hours of context.by({ smoke: [0.25], short: [1, 8], full: [1, 8] })) {
      const segments = talk(hours * 3600)
      const input = {
        sessionId: 'bench',
        language: 'es',
        startedAt: '2026-03-10T10:00:00Z',
        timeZone: 'Europe/Madrid',
        frames: [],
      }
      const variants = {
        async vigia(): Promise<Sample> {
          const begin = performance.now()
          const report = await analyze({ ...input, segments, durationMs: hours * 3_600_000 })
          const s = (performance.now() - begin) / 1000
          if (report.action_items.length === 0) throw new Error('the report found no task')
          return { s }
        },
        ...(python
          ? {
              naive: async (): Promise<Sample> => ({
                s: Number(await runPython(python, 'naive_report.py', JSON.stringify(segments))),
              }),
            }
          : {}),
      } as Record<'vigia' | 'naive', () => Promise<Sample>>
      const samples = await interleave(context.by({ smoke: 1, short: 3, full: 5 }), variants)
      figures.push({
        what: `${hours} h of talk, ${segments.length} segments`,
        unit: 's',
        better: 'less',
        ours: middle(samples.vigia, 's'),
        ...(samples.naive
          ? {
              than: { name: 'Python, word frequency', value: middle(samples.naive, 's') },
              ...ratioOf(samples.vigia, samples.naive, 's'),
            }
          : {}),
      })
    }
    return figures
  },
}
