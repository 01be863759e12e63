import { Segment } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import { assignSpeakers } from './align.ts'
import { buildTranscript, toWireSegment } from './transcript.ts'

const turn = (speaker: string, startMs: number, endMs: number, confidence = 0.8) => ({ speaker, startMs, endMs, confidence })
/** Words of 400 ms each, one after the other from `startMs`. */
const words = (text: string, startMs: number, ms = 400) =>
  text.split(' ').map((word, i) => ({ text: word, startMs: startMs + i * ms, endMs: startMs + (i + 1) * ms }))
const speakers = (list: { speaker?: string }[]) => list.map((word) => word.speaker)

describe('assignSpeakers', () => {
  it('gives a word to the voice that covers most of it', () => {
    expect(
      speakers(assignSpeakers(words('uno dos tres cuatro cinco seis', 0), [turn('S1', 0, 1250), turn('S2', 1250, 2400)])),
    ).toEqual(['S1', 'S1', 'S1', 'S2', 'S2', 'S2'])
  })

  it('lets a narrow win go to the speaker of the word before', () => {
    const both = [turn('S1', 0, 1000), turn('S2', 390, 1000)]
    expect(speakers(assignSpeakers(words('hola sí', 0), both))).toEqual(['S1', 'S1'])
    expect(assignSpeakers(words('hola sí', 0), both)[1]!.overlap).toBe(true)
  })

  it('does not let a word stretched over the silence after it vote for the next speaker', () => {
    const stretched = [{ text: 'ya', startMs: 0, endMs: 5000 }]
    expect(speakers(assignSpeakers(stretched, [turn('S1', 0, 700), turn('S2', 1500, 5000)]))).toEqual(['S1'])
  })

  it('gives an uncovered word to the nearest voice within a second, and else to nobody', () => {
    const list = [...words('uno', 0), ...words('dos', 1000), ...words('tres', 9000)]
    expect(speakers(assignSpeakers(list, [turn('S1', 0, 700)]))).toEqual(['S1', 'S1', undefined])
  })

  it('pulls a stray word at the edge of a clause to the speaker of the clause', () => {
    const list = words('vamos a verlo. sí claro que lo haré.', 0)
    expect(speakers(assignSpeakers(list, [turn('S1', 0, 1650), turn('S2', 1650, 4000)]))).toEqual([
      'S1',
      'S1',
      'S1',
      'S2',
      'S2',
      'S2',
      'S2',
      'S2',
    ])
  })

  it('folds a short uncertain island and keeps a certain backchannel', () => {
    const list = words('uno dos tres cuatro cinco', 0)
    const around = (confidence: number) => [turn('S1', 0, 800), turn('S2', 800, 1200, confidence), turn('S1', 1200, 2000)]
    expect(new Set(speakers(assignSpeakers(list, around(0.2))))).toEqual(new Set(['S1']))
    expect(speakers(assignSpeakers(list, around(0.9)))[2]).toBe('S2')
  })
})

describe('buildTranscript', () => {
  const text = 'vamos a revisar el proyecto buenos días elena qué tal'
  const utterance = { startMs: 0, endMs: 4000, text, words: words(text, 0) }
  const turns = [turn('S1', 0, 2000), turn('S2', 2000, 4000)]

  it('cuts an utterance where the voice changes', () => {
    expect(buildTranscript([utterance], turns).map(({ id, speaker, text }) => [id, speaker, text])).toEqual([
      ['seg-0001', 'S1', 'vamos a revisar el proyecto'],
      ['seg-0001.2', 'S2', 'buenos días elena qué tal'],
    ])
  })

  it('does not cut off less than a second, nor a text that a user edited', () => {
    expect(buildTranscript([utterance], [turn('S1', 0, 3200), turn('S2', 3200, 4000)])).toHaveLength(1)
    expect(buildTranscript([{ ...utterance, edited: true }], turns)).toHaveLength(1)
  })

  it('keeps given ids and the text of an uncut utterance as it was', () => {
    const [segment] = buildTranscript([{ ...utterance, id: 'u-7', text: 'Vamos, a revisar.' }], [turn('S1', 0, 4000)])
    expect(segment).toMatchObject({ id: 'u-7', text: 'Vamos, a revisar.', speaker: 'S1' })
  })

  it('gives no speaker without turns and uses the whole span without words', () => {
    expect(buildTranscript([utterance], [])[0]!.speaker).toBeUndefined()
    expect(buildTranscript([{ ...utterance, words: [] }], turns)[0]!.speaker).toBe('S1')
  })

  it('marks two voices at once', () => {
    expect(buildTranscript([utterance], [turn('S1', 0, 4000), turn('S2', 0, 4000)])[0]!.overlap).toBe(true)
  })

  it('writes segments that the wire schema accepts', () => {
    const wire = buildTranscript([utterance], turns).map((segment) => toWireSegment(segment, 3))
    for (const segment of wire) expect(Segment.parse(segment)).toEqual(segment)
    expect(wire[1]).toMatchObject({ start: 2, end: 4, speaker: 'S2', rev: 3 })
  })
})
