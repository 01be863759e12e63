import type { ExcludedReason } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { carryMarks } from './carry-marks.ts'

const said = (start: number, end: number, excluded?: ExcludedReason) => ({ start, end, ...(excluded ? { excluded } : {}) })
const marksOf = (...args: Parameters<typeof carryMarks>) => carryMarks(...args).map(({ excluded }) => excluded)

describe('marks of live text', () => {
  it('follow their words into the second pass, however it cuts them', () => {
    const live = [said(0, 2), said(3, 5, 'not_addressed'), said(6, 8, 'echo')]
    expect(marksOf(live, [said(0.1, 1.9), said(2.8, 5.2), said(6.2, 7), said(7, 8)])).toEqual([
      undefined,
      'not_addressed',
      'echo',
      'echo',
    ])
  })

  it('stay off words of which they are the smaller part, and off what was never marked', () => {
    expect(marksOf([said(0, 4), said(4, 5, 'not_addressed')], [said(0, 5)])).toEqual([undefined])
    expect(marksOf([said(0, 1, 'unreliable'), said(2, 3, 'not_addressed')], [said(0, 1), said(10, 12)])).toEqual([
      undefined,
      undefined,
    ])
  })

  it('leave the reason of the second pass where it has one; off the record stays off the record', () => {
    expect(marksOf([said(0, 2, 'not_addressed')], [said(0, 2, 'repetition')])).toEqual(['repetition'])
    expect(marksOf([said(0, 2, 'off_record')], [said(0, 2, 'repetition')])).toEqual(['off_record'])
    expect(marksOf([said(0, 3), said(3, 4, 'off_record')], [said(0, 4)])).toEqual(['off_record'])
  })
})
