import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clusterVoices, type VoicePiece } from './clustering.ts'
import { applyEdit, type SpeakerState } from './edits.ts'
import { enrol, matchVoice, nameSpeakers, type VoiceProfile, voiceTeller } from './enrolment.ts'
import { matchLabels } from './match-labels.ts'
import { mergeWindows } from './merge-windows.ts'
import { OnlineSpeakers } from './online-speakers.ts'
import { activityOf, localTurns, powersetMasks } from './powerset.ts'
import { cosineDistance, unit } from './vectors.ts'

const DIMENSION = 8
/** A voice: one axis, and a little of another by `noise`. */
function voice(axis: number, noise = 0, other = 7): Float32Array {
  const vector = new Float32Array(DIMENSION)
  vector[axis] = 1
  vector[other] = noise
  return unit(vector)!
}
const piece = (axis: number, window: number, noise = 0, weightMs = 4000): VoicePiece => ({
  embedding: voice(axis, noise),
  weightMs,
  window,
})
const OPTIONS = { mergeDistance: 0.6 }

describe('clustering', () => {
  it('finds the voices and numbers them as they appear', () => {
    const pieces = [piece(3, 0), piece(1, 0), piece(3, 1, 0.3), piece(1, 2, 0.4), piece(3, 2)]
    expect(clusterVoices(pieces, OPTIONS)).toEqual([0, 1, 0, 1, 0])
  })

  it('keeps two voices of one window apart, however alike', () => {
    const twins = [piece(1, 0), piece(1, 0, 0.05), piece(1, 1), piece(1, 1, 0.05)]
    const [a, b, c, d] = clusterVoices(twins, OPTIONS)
    expect(a).not.toBe(b)
    expect(c).not.toBe(d)
  })

  it('folds phantoms with hardly any speech, and keeps to a known number', () => {
    const pieces = [...Array.from({ length: 10 }, (_, window) => piece(window % 2, window)), piece(5, 11, 0, 300)]
    expect(new Set(clusterVoices(pieces, OPTIONS)).size).toBe(2)
    for (const speakers of [1, 2, 3]) expect(new Set(clusterVoices(pieces, { ...OPTIONS, speakers })).size).toBe(speakers)
  })

  it('gives every piece one cluster, the first 0, none left out, whatever comes', () => {
    const pieces = fc.array(
      fc.record({
        embedding: fc.float32Array({ minLength: DIMENSION, maxLength: DIMENSION, noNaN: true, min: -1, max: 1 }),
        weightMs: fc.integer({ min: 1, max: 10_000 }),
        window: fc.integer({ min: 0, max: 20 }),
      }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(pieces, fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }), (raw, speakers) => {
        const all = raw.flatMap((one) => {
          const embedding = unit(one.embedding)
          return embedding ? [{ ...one, embedding }] : []
        })
        const clusters = clusterVoices(all, { ...OPTIONS, speakers })
        expect(clusters).toHaveLength(all.length)
        const seen = [...new Set(clusters)]
        expect(seen).toEqual(seen.map((_, index) => index))
        if (speakers !== undefined && all.length > 0) expect(seen.length).toBeLessThanOrEqual(Math.max(speakers, 1))
      }),
      { numRuns: 60 },
    )
  })

  it('takes thousands of pieces in blocks', () => {
    const pieces = Array.from({ length: 1500 }, (_, index) => piece(index % 3, index, (index % 5) / 20))
    expect(new Set(clusterVoices(pieces, OPTIONS)).size).toBe(3)
  })
})

describe('segmentation frames', () => {
  it('reads sets of voices, closes short pauses and drops blips', () => {
    const masks = powersetMasks(3, 2)
    expect(masks).toEqual([0, 1, 2, 4, 3, 5, 6])
    const classes = [0, 1, 1, 4, 4, 2, 0, 2, 3, 0]
    const scores = new Float32Array(classes.length * 7)
    classes.forEach((best, frame) => {
      scores[frame * 7 + best] = 1
    })
    const activity = activityOf(scores, 7, masks)
    expect([...activity]).toEqual([0, 1, 1, 3, 3, 2, 0, 2, 4, 0])
    expect(localTurns(activity, 3, 1, 2)).toEqual([
      { voice: 0, from: 1, to: 5 },
      { voice: 1, from: 3, to: 8 },
    ])
  })

  it('lets the majority of the windows decide and keeps overlaps', () => {
    const coverage = [0, 1000, 2000].map((startMs) => ({ startMs, endMs: startMs + 5000 }))
    const votes = [
      { speaker: 0, startMs: 2000, endMs: 4000 },
      { speaker: 0, startMs: 2000, endMs: 4200 },
      { speaker: 0, startMs: 2000, endMs: 4000 },
      { speaker: 1, startMs: 3500, endMs: 5000 },
      { speaker: 1, startMs: 3500, endMs: 5000 },
      { speaker: 2, startMs: 2500, endMs: 3000 },
    ]
    const turns = mergeWindows(votes, coverage, 7000)
    expect(turns).toMatchObject([
      { speaker: 'S1', startMs: 2000, endMs: 4000 },
      { speaker: 'S2', startMs: 3500, endMs: 5000 },
    ])
  })
})

describe('live labels', () => {
  it('name a voice again, found a new one after enough speech, and are provisional at first', () => {
    const speakers = new OnlineSpeakers(0.6)
    expect(speakers.label(voice(0), 900)).toBeNull()
    expect(speakers.label(voice(0), 2000)).toMatchObject({ speaker: 'S1', provisional: true })
    expect(speakers.label(voice(1), 2000)).toMatchObject({ speaker: 'S2', provisional: true })
    expect(speakers.label(voice(0, 0.3), 2000)).toMatchObject({ speaker: 'S1', provisional: false })
    expect(speakers.label(voice(2), 500)).toMatchObject({ speaker: expect.stringMatching(/S[12]/) })
    expect(speakers.speakers()).toHaveLength(2)
  })

  it('are mapped to the final ones by the time they share', () => {
    const live = [
      { speaker: 'S1', startMs: 0, endMs: 5000 },
      { speaker: 'S2', startMs: 5000, endMs: 9000 },
      { speaker: 'S3', startMs: 9000, endMs: 10_000 },
    ]
    const final = [
      { speaker: 'S2', startMs: 0, endMs: 4800 },
      { speaker: 'S1', startMs: 5000, endMs: 10_000 },
    ]
    expect(Object.fromEntries(matchLabels(live, final))).toEqual({ S1: 'S2', S2: 'S1' })
  })
})

describe('known voices', () => {
  const thresholds = { mergeDistance: 0.6, matchSimilarity: 0.6, matchMargin: 0.08 }
  const person = (id: string, consent: VoiceProfile['consent'] = 'given') => ({
    id,
    name: id,
    consent,
    model: 'm',
    enrolledAt: '2026-01-01',
  })
  const clips = (axis: number) => [0, 0.1, 0.2].map((noise) => ({ embedding: voice(axis, noise), durationMs: 8000 }))

  it('are enrolled with consent, enough speech and one voice only', () => {
    expect(enrol(person('ana'), clips(0))).toMatchObject({ dimension: DIMENSION, clips: 3, speechMs: 24_000 })
    for (const consent of ['unknown', 'announced', 'refused'] as const)
      expect(() => enrol(person('ana', consent), clips(0))).toThrow(/consent/)
    expect(() => enrol(person('ana'), clips(0).slice(1))).toThrow(/clips/)
    expect(() => enrol(person('ana'), [...clips(0), { embedding: voice(4), durationMs: 1000 }])).toThrow(/one voice/)
  })

  it('are named above the bound and clear of the second; else suggested; never with another model or without consent', () => {
    const ana = enrol(person('ana'), clips(0))
    const eva = enrol(person('eva'), clips(1))
    expect(matchVoice(voice(0), 'm', [ana, eva], thresholds)).toMatchObject({ kind: 'known', profile: { name: 'ana' } })
    const between = unit(Float32Array.from([1, 0.95, 0, 0, 0, 0, 0, 0]))!
    expect(matchVoice(between, 'm', [ana, eva], thresholds)).toMatchObject({ kind: 'suggestion' })
    expect(matchVoice(voice(5), 'm', [ana, eva], thresholds)).toEqual({ kind: 'unknown' })
    expect(matchVoice(voice(0), 'another', [ana], thresholds)).toEqual({ kind: 'unknown' })
    expect(matchVoice(voice(0), 'm', [{ ...ana, consent: 'refused' }], thresholds)).toEqual({ kind: 'unknown' })
  })

  it('are told from strangers, and what is uncertain from both', () => {
    const tell = voiceTeller('m', [enrol(person('ana'), clips(0)), enrol(person('eva'), clips(1))], thresholds)!
    expect(tell(voice(0, 0.2), 800)).toBe('enrolled')
    expect(tell(unit(Float32Array.from([1, 0.95, 0, 0, 0, 0, 0, 0]))!, 2000)).toBe('enrolled')
    expect(tell(voice(5), 2000)).toBe('stranger')
    expect(tell(voice(5), 800)).toBeNull()
    const far = Math.tan(Math.acos(thresholds.matchSimilarity - 0.05))
    expect(tell(voice(0, far, 3), 2000)).toBeNull()
    expect(voiceTeller('another', [enrol(person('ana'), clips(0))], thresholds)).toBeNull()
    expect(voiceTeller('m', [], thresholds)).toBeNull()
  })

  it('name one speaker of a session at most once', () => {
    const ana = enrol(person('ana'), clips(0))
    const named = nameSpeakers(
      [
        { speaker: 'S1', centroid: voice(0, 0.4) },
        { speaker: 'S2', centroid: voice(0, 0.05) },
      ],
      'm',
      [ana],
      thresholds,
    )
    expect([...named.keys()]).toEqual(['S2'])
  })
})

describe('edits of speakers', () => {
  const state: SpeakerState<{ id: string; speaker?: string }> = {
    segments: [
      { id: 'a', speaker: 'S1' },
      { id: 'b', speaker: 'S2' },
      { id: 'c', speaker: 'S1' },
    ],
    names: { S2: 'Eva' },
  }

  it('rename, merge and split without touching the state before', () => {
    expect(applyEdit(state, { kind: 'rename', speaker: 'S1', name: 'Ana' }).names).toEqual({ S1: 'Ana', S2: 'Eva' })
    expect(applyEdit(state, { kind: 'rename', speaker: 'S2', name: null }).names).toEqual({})
    const merged = applyEdit(state, { kind: 'merge', from: 'S2', into: 'S1' })
    expect(merged.segments.map(({ speaker }) => speaker)).toEqual(['S1', 'S1', 'S1'])
    expect(merged.names).toEqual({ S1: 'Eva' })
    expect(applyEdit(state, { kind: 'split', segments: ['c'] }).segments.map(({ speaker }) => speaker)).toEqual([
      'S1',
      'S2',
      'S3',
    ])
    expect(state.segments.map(({ speaker }) => speaker)).toEqual(['S1', 'S2', 'S1'])
  })
})

it('measures cosine distance', () => {
  expect(cosineDistance(voice(0), voice(0))).toBeCloseTo(0)
  expect(cosineDistance(voice(0), voice(1))).toBeCloseTo(1)
  expect(unit(new Float32Array(3))).toBeNull()
  expect(unit(Float32Array.of(Number.NaN, 1))).toBeNull()
})
