import { VigiaError } from '@vigia/protocol'
import { describe, expect, it } from 'vitest'
import type { VoiceReader } from '../engines/speaker-embedder.ts'
import { carryNames } from './carry-names.ts'
import { LiveVoices, VoiceClip } from './live-voices.ts'

const never = new AbortController().signal
/** The voice is the first sample: 1 points east, 2 north. */
const byFirstSample: VoiceReader['embed'] = async (samples) => {
  const angle = ((samples[0]! - 1) * Math.PI) / 2
  return Float32Array.of(Math.cos(angle), Math.sin(angle))
}
const reader = (embed = byFirstSample): VoiceReader => ({
  model: 'first-sample',
  dimension: 2,
  thresholds: { mergeDistance: 0.5, matchSimilarity: 0.6, matchMargin: 0.08 },
  embed,
})
const voice = (value: number, seconds = 2): Int16Array => new Int16Array(16_000 * seconds).fill(value)
const open = (embed = byFirstSample, maxWaitMs = 5000) => {
  const errors: unknown[] = []
  return { errors, live: new LiveVoices({ voices: reader(embed), onError: (error) => errors.push(error), maxWaitMs }) }
}

describe('live speaker labels', () => {
  it('tell a voice that comes back from one that is new', async () => {
    const { live } = open()
    const labels = []
    for (const value of [1, 2, 1, 2, 2]) labels.push((await live.hear(voice(value), never)).speaker)
    expect(labels).toEqual(['S1', 'S2', 'S1', 'S2', 'S2'])
  })

  it('found no speaker on a word', async () => {
    const { live } = open()
    expect((await live.hear(voice(1, 1), never)).speaker).toBeNull()
    expect((await live.hear(voice(2), never)).speaker).toBe('S1')
  })

  it('keep no text waiting for a model that hangs', async () => {
    const held = Promise.withResolvers<Float32Array | null>()
    const { live, errors } = open(() => held.promise, 1)
    expect((await live.hear(voice(1), never)).speaker).toBeNull()
    expect((await live.hear(voice(1), never)).speaker).toBeNull()
    held.resolve(null)
    expect(errors).toEqual([])
  })

  it('stop asking a model that fails', async () => {
    let calls = 0
    const { live, errors } = open(async () => {
      calls += 1
      throw new VigiaError('engine_crashed', 'gone')
    })
    for (let n = 0; n < 6; n += 1) expect((await live.hear(voice(1), never)).speaker).toBeNull()
    expect(calls).toBe(3)
    expect(errors).toHaveLength(3)
  })
})

describe('the clip of an utterance', () => {
  it('holds the speech without what lies before and behind it, 8 s at most', () => {
    const clip = new VoiceClip(1300)
    clip.push({ samples: voice(1, 1), startMs: 1000 })
    clip.push({ samples: voice(2, 1), startMs: 2000 })
    expect(clip.until(2500).length).toBe(1200 * 16)
    expect(clip.until(1000).length).toBe(0)
    for (let second = 3; second < 30; second += 1) clip.push({ samples: voice(3, 1), startMs: second * 1000 })
    expect(clip.until(60_000).length).toBe(8 * 16_000)
  })
})

describe('names that people gave', () => {
  const spoken = (speaker: string, start: number, end: number) => ({ speaker, start, end })

  it('follow the voices to their new labels', () => {
    const live = [spoken('S1', 0, 3), spoken('S2', 3, 9)]
    const final = [spoken('S2', 0, 3), spoken('S1', 3, 9)]
    expect(carryNames({ S1: 'Ana', S2: 'Luis' }, live, final)).toEqual({ S2: 'Ana', S1: 'Luis' })
  })

  it('stay where nothing tells otherwise, and never name the wrong voice', () => {
    expect(carryNames({ S1: 'Ana' }, [], [spoken('S1', 0, 3)])).toEqual({ S1: 'Ana' })
    // S1 became S2, whose own voice is not found again.
    expect(carryNames({ S1: 'Ana', S2: 'Luis' }, [spoken('S1', 0, 3)], [spoken('S2', 0, 3)])).toEqual({ S2: 'Ana' })
  })
})
