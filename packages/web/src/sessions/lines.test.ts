import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cutAt, type Row, rowsOfPerson, transcriptText } from './model.ts'
import { nextLabel } from './speaker-dialog.tsx'
import { undone } from './use-edits.ts'

const line = (id: string, speaker: string, start: number, excluded?: 'off_record'): Row => ({
  kind: 'segment',
  key: id,
  at: start,
  startsTurn: true,
  segment: { id, start, end: start + 1, text: `dice ${id}`, speaker, rev: 0, ...(excluded ? { excluded } : {}) },
})
const ROWS: Row[] = [
  line('a', 'S1', 0),
  { kind: 'mark', key: 'm', at: 3, label: '' },
  line('b', 'S2', 65, 'off_record'),
  line('c', 'S2', 70),
  line('d', 'S1', 80),
]

describe('lines that leave the app', () => {
  it('have who and when where they are asked for, and nothing that is off the record', () => {
    const names = { S1: 'Laura' }
    expect(transcriptText(ROWS, names, { times: true, speakers: true })).toBe(
      '[0:00] Laura: dice a\n[1:10] S2: dice c\n[1:20] Laura: dice d',
    )
    expect(transcriptText(ROWS, names, { times: false, speakers: false })).toBe('dice a\ndice c\ndice d')
  })

  it('of one person name that person once', () => {
    const theirs = rowsOfPerson(ROWS, 'S1')
    expect(theirs.map((row) => [row.key, row.kind === 'segment' && row.startsTurn])).toEqual([
      ['a', true],
      ['d', false],
    ])
  })
})

describe('the place where a line is cut', () => {
  it('is where the word of the caret begins, and never before the first word', () => {
    const text = 'vale, compramos dos'
    expect([0, 3, 5, 6, 9, 15, 18, 99].map((caret) => cutAt(text, caret))).toEqual([null, null, 6, 6, 6, 16, 16, 16])
    expect([0, 2].map((caret) => cutAt('  uno', caret))).toEqual([null, null])
  })

  it('always leaves words on both sides', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(60), (text, caret) => {
        const at = cutAt(text, caret)
        if (at === null) return
        expect(text.slice(0, at).trim()).not.toBe('')
        expect(text.slice(at).trim()).not.toBe('')
        expect(/\s/.test(text[at - 1]!) && !/\s/.test(text[at]!)).toBe(true)
      }),
    )
  })
})

it('a change is undone by what stood in the fields that it changed', () => {
  expect(undone({ status: 'done' }, { status: 'open', title: 'x' } as { status: string })).toEqual({ status: 'open' })
})

it('a new person gets a label that nobody has', () => {
  expect([nextLabel([]), nextLabel(['S1', 'S2', 'S4'])]).toEqual(['S1', 'S3'])
})
