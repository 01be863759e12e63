import type { Report, Segment } from '@vigia/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinLines, partId, splitLine, withJoinedLines, withSplitLine } from './line-edits.ts'

const WORDS = fc.array(fc.stringMatching(/^[a-záñ]{1,8}[.,]?$/), { minLength: 2, maxLength: 12 })

/** A line of these words, half a second each, from second 10. */
function lineOf(words: readonly string[], timed = true): Segment {
  const placed = words.map((text, i) => ({ text, start: 10 + i / 2, end: 10.4 + i / 2, confidence: 0.9 }))
  return {
    id: 's5',
    start: 10,
    end: placed.at(-1)!.end,
    text: words.join(' '),
    speaker: 'S1',
    confidence: 0.8,
    rev: 1,
    edited: true,
    ...(timed ? { words: placed } : {}),
  }
}

const indexOfWord = (words: readonly string[], n: number): number => words.slice(0, n).join(' ').length + 1

const reportOf = (line: Segment, quote: string): Report => ({
  session_id: 'a',
  language: 'es',
  transcript: [
    { id: 's4', speaker: 'S2', start: 0, end: 5, text: 'antes' },
    { ...line, speaker: 'S1' },
    { id: 's6', speaker: 'S2', start: 90, end: 95, text: 'después' },
  ],
  summary: '',
  action_items: [],
  risks: [],
  decisions: ['x'],
  open_questions: [],
  findings: [{ id: 'd1', kind: 'decision', text: 'x', evidence: ['s4', 's5'], quote }],
  summary_points: [{ text: 'p', evidence: ['s5'] }],
  participants: [{ speaker: 'S1', talk_time: 1, name_evidence: ['s5'] }],
  frames: [],
  duration: 100,
  analysis: { method: 'extractive', engine: 'e', revision: 1, warnings: [], dropped: {} },
})

describe('a line cut and joined again', () => {
  it('is what it was, wherever it was cut', () => {
    fc.assert(
      fc.property(WORDS, fc.nat(), fc.boolean(), (words, n, timed) => {
        const line = lineOf(words, timed)
        const cut = 1 + (n % (words.length - 1))
        const [first, second] = splitLine(line, indexOfWord(words, cut), 's5.2')
        expect(joinLines(first, second)).toEqual(line)
        expect(first.end).toBeLessThanOrEqual(second.start)
        expect(second.end).toBe(line.end)
        if (timed) expect([first.words?.length, second.words?.length]).toEqual([cut, words.length - cut])
        const report = reportOf(line, words.at(-1)!)
        const back = withJoinedLines(withSplitLine(report, [first, second]), line, 's5.2')
        expect(back.findings[0]!.evidence).toEqual(['s4', 's5'])
        expect(back.transcript.map(({ id, text }) => `${id} ${text}`)).toEqual(
          report.transcript.map(({ id, text }) => `${id} ${text}`),
        )
      }),
      { numRuns: 200 },
    )
  })

  it('leaves no evidence that points nowhere', () => {
    fc.assert(
      fc.property(WORDS, fc.nat(), fc.string(), (words, n, quote) => {
        const line = lineOf(words)
        const lines = splitLine(line, indexOfWord(words, 1 + (n % (words.length - 1))), 's5.2')
        const report = withSplitLine(reportOf(line, quote), lines)
        const known = new Set(report.transcript.map(({ id }) => id))
        for (const { evidence } of [...report.findings, ...report.summary_points]) {
          expect(evidence.length).toBeGreaterThan(0)
          for (const id of evidence) expect(known).toContain(id)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('cutting a line', () => {
  const line = lineOf(['vale', 'compramos', 'dos', 'cámaras'])

  it('leaves a claim with the part that holds its quote', () => {
    const lines = splitLine(line, line.text.indexOf('dos'), 's5.2')
    expect(withSplitLine(reportOf(line, 'Dos camaras'), lines).findings[0]!.evidence).toEqual(['s4', 's5.2'])
    expect(withSplitLine(reportOf(line, 'vale'), lines).findings[0]!.evidence).toEqual(['s4', 's5'])
    expect(withSplitLine(reportOf(line, 'compramos dos'), lines).findings[0]!.evidence).toEqual(['s4', 's5', 's5.2'])
  })

  it('takes no place that is not the beginning of a second or later word', () => {
    for (const at of [0, 1, 4, line.text.length, 999]) expect(() => splitLine(line, at, 's5.2')).toThrow('Expected the index')
  })

  it('shares the time by letters where the text was corrected and word times are gone', () => {
    const [first, second] = splitLine({ ...lineOf(['aaaa', 'bbbbb'], false), start: 0, end: 10 }, 5, 's5.2')
    expect([first.end, second.start, second.end]).toEqual([5, 5, 10])
  })

  it('keeps no words whose text is another one', () => {
    const [first] = splitLine({ ...line, text: 'otra cosa se dijo' }, 5, 's5.2')
    expect(first.words).toBeUndefined()
  })

  it('gives the second part an id that nobody has', () => {
    expect(partId('s5', new Set(['s5', 's5.2', 's5.3']))).toBe('s5.4')
  })
})

it('joins no line that counts with one that does not', () => {
  expect(() => joinLines(lineOf(['a', 'b']), { ...lineOf(['c', 'd']), excluded: 'off_record' })).toThrow('both count')
})
