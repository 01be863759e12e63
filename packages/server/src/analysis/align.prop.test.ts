import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SpeakerTurn } from '../engines/diarizer.ts'
import { assignSpeakers } from './align.ts'
import { buildTranscript, type FinalUtterance } from './transcript.ts'

const turns = fc
  .array(
    fc.record({
      gap: fc.integer({ min: -500, max: 1500 }),
      ms: fc.integer({ min: 100, max: 6000 }),
      who: fc.integer({ min: 1, max: 3 }),
      confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  )
  .map((items) => {
    let at = 0
    return items.map(({ gap, ms, who, confidence }): SpeakerTurn => {
      const startMs = Math.max(0, at + gap)
      at = startMs + ms
      return { startMs, endMs: at, speaker: `S${who}`, confidence }
    })
  })

const utterances = fc
  .array(
    fc.array(fc.record({ gap: fc.integer({ min: 0, max: 900 }), ms: fc.integer({ min: 20, max: 2500 }), dot: fc.boolean() }), {
      maxLength: 12,
    }),
    { maxLength: 6 },
  )
  .map((groups) => {
    let at = 0
    let count = 0
    return groups.map((group): FinalUtterance => {
      const startMs = at
      const words = group.map(({ gap, ms, dot }) => {
        const word = { text: `w${count++}${dot ? '.' : ''}`, startMs: at + gap, endMs: at + gap + ms }
        at = word.endMs
        return word
      })
      return { startMs, endMs: at, text: words.map((w) => w.text).join(' '), words }
    })
  })

describe('alignment laws', () => {
  it('keeps every word exactly once and in order', () => {
    fc.assert(
      fc.property(utterances, turns, (said, who) => {
        const words = buildTranscript(said, who).flatMap((segment) => segment.words.map((word) => word.text))
        expect(words).toEqual(said.flatMap((utterance) => utterance.words.map((word) => word.text)))
        const text = buildTranscript(said, who)
          .map((segment) => segment.text)
          .filter(Boolean)
          .join(' ')
        expect(text).toBe(words.join(' '))
      }),
    )
  })

  it('never lets times run backwards', () => {
    fc.assert(
      fc.property(utterances, turns, (said, who) => {
        let at = 0
        for (const segment of buildTranscript(said, who)) {
          expect(segment.startMs).toBeGreaterThanOrEqual(at)
          expect(segment.endMs).toBeGreaterThanOrEqual(segment.startMs)
          at = segment.startMs
        }
      }),
    )
  })

  it('gives every segment its own id, the same at every run', () => {
    fc.assert(
      fc.property(utterances, turns, (said, who) => {
        const ids = buildTranscript(said, who).map((segment) => segment.id)
        expect(new Set(ids).size).toBe(ids.length)
        expect(buildTranscript(said, who).map((segment) => segment.id)).toEqual(ids)
      }),
    )
  })

  it('only names speakers that have a turn', () => {
    fc.assert(
      fc.property(utterances, turns, (said, who) => {
        const known = new Set([undefined, ...who.map((turn) => turn.speaker)])
        for (const word of assignSpeakers(
          said.flatMap((u) => u.words),
          who,
        ))
          expect(known.has(word.speaker)).toBe(true)
      }),
    )
  })
})
