import { describe, expect, it } from 'vitest'
import { wordsOf } from './words.ts'

describe('words from tokens', () => {
  it('groups characters between spaces', () => {
    const result = { text: 'la sí ', tokens: ['l', 'a', ' ', 's', 'í', ' '], timestamps: [0.1, 0.14, 0.2, 0.5, 0.6, 0.8] }
    expect(wordsOf(result, 1000)).toEqual([
      { text: 'la', startMs: 100, endMs: 200 },
      { text: 'sí', startMs: 500, endMs: 760 },
    ])
  })

  it('opens a word at a piece that begins with a space or ▁, with durations and confidence where told', () => {
    const result = {
      text: 'Hola mundo.',
      tokens: ['▁Ho', 'la', ' mun', 'do', '.'],
      timestamps: [0, 0.1, 0.4, 0.5, 0.6],
      durations: [0.1, 0.2, 0.1, 0.1, 0.08],
      ys_log_probs: [0, Math.log(0.25), 0, 0, 0],
    }
    expect(wordsOf(result, 1000)).toMatchObject([
      { text: 'Hola', startMs: 0, endMs: 300, confidence: 0.5 },
      { text: 'mundo.', startMs: 400, endMs: 680, confidence: 1 },
    ])
  })

  it('ends no word after the audio and gives none without times', () => {
    expect(wordsOf({ text: 'a', tokens: ['a'], timestamps: [0.99] }, 1000)).toEqual([{ text: 'a', startMs: 990, endMs: 1000 }])
    expect(wordsOf({ text: 'a', tokens: ['a'], timestamps: [] }, 1000)).toEqual([])
  })
})
