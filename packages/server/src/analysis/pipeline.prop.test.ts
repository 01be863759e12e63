import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { SCRIPTS, STARTED_AT, TIME_ZONE } from './fixtures/scripts.ts'
import { analyze } from './pipeline.ts'
import { validateReport } from './validate.ts'

const words = SCRIPTS.flatMap(({ lines }) => lines.flatMap((line) => line.slice(3).split(' ')))
const text = fc.oneof(
  fc.array(fc.constantFrom(...words), { maxLength: 20 }).map((list) => list.join(' ')),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom('', '  ', '¿?', '...', '¿¡!?', '-', '3.5', 'sí', 'lo', 'y', "I'll", 'Vamos a', 'hay que'),
)
const session = fc.array(
  fc.record({
    text,
    speaker: fc.constantFrom('S1', 'S2', undefined),
    excluded: fc.constantFrom(undefined, undefined, 'unreliable' as const),
  }),
  { maxLength: 12 },
)

describe('whatever is said', () => {
  it('gives a valid report whose every claim has evidence', async () => {
    await fc.assert(
      fc.asyncProperty(session, fc.constantFrom('es', 'en', 'auto', 'fr'), async (said, language) => {
        const segments = said.map((item, i) => ({ ...item, id: `seg-${i}`, start: i, end: i + 1, rev: 0 }))
        const report = await analyze({
          sessionId: 's',
          language,
          startedAt: STARTED_AT,
          timeZone: TIME_ZONE,
          segments,
          frames: [],
          durationMs: 12_000,
        })
        expect(validateReport(report)).toEqual([])
        const counting = segments.filter(({ excluded, text: words }) => !excluded && words.trim() !== '')
        expect(report.transcript.map(({ id }) => id)).toEqual(counting.map(({ id }) => id))
      }),
      { numRuns: 300 },
    )
  })
})
