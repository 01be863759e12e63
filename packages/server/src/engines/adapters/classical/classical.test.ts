import { describe, expect, it } from 'vitest'
import { dialogueReference, fixtureSamples } from '../../../../test/helpers/audio.ts'
import { diarizationErrors } from '../../../analysis/metrics/der.ts'
import { diarizerContract, recordingOf } from '../../contract/diarizer-contract.ts'
import { openClassicalDiarizer } from './classical.ts'
import { findSpeakers } from './cluster.ts'
import { decimate, pitchOf } from './pitch.ts'
import { CEPSTRA, cepstra } from './spectrum.ts'

diarizerContract('classical', openClassicalDiarizer, () => Promise.resolve(fixtureSamples('es-dialogo')))

const signal = new AbortController().signal
const turns = dialogueReference().turns.map(({ speaker, start, end }) => ({ speaker, startMs: start * 1000, endMs: end * 1000 }))

async function diarize(samples: Int16Array, utterances?: { startMs: number; endMs: number }[]) {
  await using diarizer = await openClassicalDiarizer()
  const recording = recordingOf(samples)
  const spans = utterances ?? [{ startMs: 0, endMs: recording.durationMs }]
  return diarizer.diarize({ recording, speech: spans, utterances: spans }, signal)
}

/** Periodic pulses through two resonances: a vowel. */
function vowel(hz: number, ms: number): Int16Array {
  const out = new Int16Array(ms * 16)
  const period = Math.round(16_000 / hz)
  const filter = [0, 0, 0, 0]
  for (let i = 0; i < out.length; i++) {
    let value = i % period === 0 ? 3000 : 0
    for (const [k, formant] of [700, 1200].entries()) {
      const c = 2 * 0.97 * Math.cos((2 * Math.PI * formant) / 16_000)
      const next = value + c * filter[2 * k]! - 0.9409 * filter[2 * k + 1]!
      filter[2 * k + 1] = filter[2 * k]!
      filter[2 * k] = next
      value = next / 4
    }
    out[i] = Math.max(-32768, Math.min(32767, value))
  }
  return out
}

describe('the classical diarizer', () => {
  it('gives every turn of the dialogue to the right one of two speakers', async () => {
    const found = await diarize(
      fixtureSamples('es-dialogo'),
      turns.map(({ startMs, endMs }) => ({ startMs: startMs - 100, endMs: endMs + 200 })),
    )
    expect(found.map(({ speaker }) => speaker)).toEqual(turns.map(({ speaker }) => (speaker === 'A' ? 'S1' : 'S2')))
  })

  it('cuts the dialogue at its turns when it comes as one utterance', async () => {
    const found = await diarize(fixtureSamples('es-dialogo'))
    expect(found).toHaveLength(turns.length)
    const errors = diarizationErrors(turns, found)
    expect(errors.missedMs).toBe(0)
    expect(errors.confusionMs / errors.totalMs).toBeLessThan(0.005)
    expect(errors.falseAlarmMs / errors.totalMs).toBeLessThan(0.03) // the silence at both ends is part of the utterance
  })

  it.each(['es-01-reunion', 'es-02-peligro', 'es-03-camara', 'es-04-tareas', 'es-05-numeros', 'es-06-cotidiano'])(
    'hears one speaker in %s',
    async (name) => {
      const samples = fixtureSamples(name)
      const half = samples.length / 32
      for (const spans of [
        undefined,
        [
          { startMs: 0, endMs: half },
          { startMs: half, endMs: 2 * half },
        ],
      ]) {
        expect(new Set((await diarize(samples, spans)).map(({ speaker }) => speaker)).size).toBe(1)
      }
    },
  )

  it('names one speaker, with no confidence, where nothing is voiced', async () => {
    expect(await diarize(new Int16Array(32_000))).toEqual([{ startMs: 0, endMs: 2000, speaker: 'S1', confidence: 0 }])
  })

  it('lets the event loop turn while it listens', async () => {
    let turned = 0
    const timer = setInterval(() => void turned++, 1)
    await diarize(fixtureSamples('es-dialogo'))
    clearInterval(timer)
    expect(turned).toBeGreaterThan(10)
  })
})

describe('pitchOf', () => {
  it.each([90, 120, 200, 300])('finds %i Hz', (hz) => {
    const found = pitchOf(decimate(vowel(hz, 400)), 3200)
    expect(found).toBeGreaterThan(hz * 0.96)
    expect(found).toBeLessThan(hz * 1.04)
  })
  it('finds none in silence and in noise', () => {
    let seed = 1
    const noise = Int16Array.from({ length: 6400 }, () => {
      seed = (seed * 16807) % 2147483647
      return (seed % 8000) - 4000
    })
    expect(pitchOf(decimate(new Int16Array(6400)), 1600)).toBeNull()
    expect([800, 1600, 2400].map((at) => pitchOf(decimate(noise), at)).filter((hz) => hz !== null).length).toBeLessThan(2)
  })
})

describe('cepstra', () => {
  it('do not change with the level', () => {
    const [loud, quiet] = [vowel(120, 200), vowel(120, 200).map((value) => value / 4)]
    const [a, b] = [new Float64Array(CEPSTRA), new Float64Array(CEPSTRA)]
    cepstra(loud, 1600, a)
    cepstra(quiet, 1600, b)
    for (let i = 0; i < CEPSTRA; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(0.1)
  })
})

describe('findSpeakers', () => {
  const voice = (count: number, ...mean: number[]) => ({ count, mean: Float64Array.from(mean) })
  it('merges what is near and keeps apart what is far', () => {
    expect(findSpeakers([voice(300, 0, 0), voice(300, 0.5, 0), voice(300, 9, 0), voice(300, 9, 0.5)])).toHaveLength(2)
    expect(findSpeakers([voice(300, 0, 0), voice(300, 0.5, 0)])).toHaveLength(1)
  })
  it('lets no short unit found a speaker', () => {
    expect(findSpeakers([voice(300, 0, 0), voice(20, 9, 0)])).toHaveLength(1)
  })
  it('finds none in nothing', () => expect(findSpeakers([])).toEqual([]))
  it('handles thousands of units', () => {
    const many = Array.from({ length: 2000 }, (_, i) => voice(200, i % 3 === 0 ? 8 : 0, i % 3 === 1 ? 8 : 0))
    expect(findSpeakers(many)).toHaveLength(3)
  })
})
