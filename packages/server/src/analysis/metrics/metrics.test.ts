import { describe, expect, it } from 'vitest'
import { diarizationErrorRate, diarizationErrors, parseRttm } from './der.ts'
import { normalizeWords, wordErrorRate, wordErrors } from './wer.ts'

describe('word error rate', () => {
  it('counts substitutions, deletions and insertions apart', () => {
    expect(wordErrors('uno dos tres cuatro', 'uno doce tres tres cuatro')).toEqual({
      substitutions: 1,
      deletions: 0,
      insertions: 1,
      words: 4,
    })
    expect(wordErrors('uno dos tres', 'uno tres')).toEqual({ substitutions: 0, deletions: 1, insertions: 0, words: 3 })
  })
  it('ignores case and punctuation, and counts accents', () => {
    expect(wordErrorRate('¿Qué hará, Marta?', 'qué hará marta')).toBe(0)
    expect(wordErrorRate('hará', 'hara')).toBe(1)
    expect(normalizeWords("Don't 'quote'")).toEqual(["don't", 'quote'])
  })
  it('is 0 for nothing in nothing, 1 for something in nothing', () => {
    expect(wordErrorRate('', '')).toBe(0)
    expect(wordErrorRate('', 'ruido')).toBe(1)
    expect(wordErrorRate('uno dos', '')).toBe(1)
  })
})

describe('diarization error rate', () => {
  const span = (speaker: string, startMs: number, endMs: number) => ({ speaker, startMs, endMs })
  const reference = [span('A', 0, 10_000), span('B', 10_000, 20_000)]

  it('is 0 whatever the labels are called', () => {
    expect(diarizationErrorRate(reference, [span('S1', 0, 10_000), span('S2', 10_000, 20_000)])).toBe(0)
  })
  it('is the share of the shorter speaker when one label has all', () => {
    expect(diarizationErrorRate(reference, [span('S1', 0, 20_000)], { collarMs: 0 })).toBeCloseTo(0.5)
  })
  it('counts missed speech and false alarms', () => {
    expect(diarizationErrors(reference, [span('S1', 0, 5000), span('S2', 10_000, 22_000)], { collarMs: 0 })).toEqual({
      missedMs: 5000,
      falseAlarmMs: 2000,
      confusionMs: 0,
      totalMs: 20_000,
    })
  })
  it('forgives an edge within the collar', () => {
    const late = [span('S1', 0, 10_200), span('S2', 10_200, 20_000)]
    expect(diarizationErrorRate(reference, late)).toBe(0)
    expect(diarizationErrorRate(reference, late, { collarMs: 0 })).toBeCloseTo(0.01)
  })
  it('counts overlapped speech per speaker', () => {
    expect(diarizationErrorRate([span('A', 0, 1000), span('B', 0, 1000)], [span('S1', 0, 1000)], { collarMs: 0 })).toBe(0.5)
  })
  it('reads RTTM', () => {
    expect(parseRttm('SPEAKER x 1 0.400 4.130 <NA> <NA> A <NA> <NA>\n;; note\n')).toEqual([span('A', 400, 4530)])
  })
})
