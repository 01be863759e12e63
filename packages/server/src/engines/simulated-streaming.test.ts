import { describe, expect, it } from 'vitest'
import type { Asr } from './asr.ts'
import type { PcmChunk } from './audio.ts'
import { offlineAsr } from './offline-asr.ts'
import { simulatedStreaming } from './simulated-streaming.ts'

const options = { language: 'es', purpose: 'live' } as const
const never = new AbortController().signal
const turn = () => new Promise(setImmediate)

/** Counts decodes that run at the same time; each takes as many turns of the event loop as told. */
function countingAsr(turns: number, excluded = false) {
  const lengths: number[] = []
  let running = 0
  let most = 0
  const asr: Asr = offlineAsr({
    id: 'counting',
    model: 'fake',
    capabilities: {
      interim: false,
      wordTimes: false,
      confidence: false,
      punctuation: false,
      languages: ['es'],
      detectsLanguage: false,
      hotwords: false,
      speakers: false,
      maxUtteranceMs: 2000,
    },
    async decode(samples) {
      lengths.push(samples.length)
      most = Math.max(most, ++running)
      for (let n = 0; n < turns; n += 1) await turn()
      running -= 1
      return { text: `${lengths.length}`, words: [], ...(excluded ? { excluded: 'unreliable' as const } : {}) }
    },
    dispose: async () => {},
  })
  return { asr, lengths, most: () => most }
}

async function* speech(chunks: number, turnsBetween = 2): AsyncIterable<PcmChunk> {
  for (let n = 0; n < chunks; n += 1) {
    yield { samples: new Int16Array(1600).fill(1), startMs: n * 100 }
    for (let turns = 0; turns < turnsBetween; turns += 1) await turn()
  }
}

describe('simulated streaming', () => {
  it('never runs two decodes of one utterance at once, however slow they are', async () => {
    const { asr, most, lengths } = countingAsr(9)
    await Array.fromAsync(simulatedStreaming(asr, { paceMs: 100, now: () => 0 }).transcribe(speech(15), options, never))
    expect(most()).toBe(1)
    expect(lengths.length).toBeGreaterThan(2)
  })

  it('decodes less often when a decode takes longer', async () => {
    let nowMs = 0
    const slow = countingAsr(0)
    const paced = simulatedStreaming(slow.asr, { paceMs: 100, now: () => (nowMs += 250) })
    await Array.fromAsync(paced.transcribe(speech(18, 4), options, never))
    const fast = countingAsr(0)
    await Array.fromAsync(simulatedStreaming(fast.asr, { paceMs: 100, now: () => 0 }).transcribe(speech(18, 4), options, never))
    expect(slow.lengths.length).toBeLessThan(fast.lengths.length / 2)
  })

  it('cuts an utterance without end into pieces with a final each and loses no sample', async () => {
    const { asr } = countingAsr(0)
    const events = await Array.fromAsync(simulatedStreaming(asr, { paceMs: 500 }).transcribe(speech(50), options, never))
    const finals = events.filter((event) => event.type === 'final')
    expect(finals.map(({ startMs, endMs }) => [startMs, endMs])).toEqual([
      [0, 2000],
      [2000, 4000],
      [4000, 5000],
    ])
  })

  it('shows no interim text that the recognizer does not trust', async () => {
    const { asr } = countingAsr(0, true)
    const events = await Array.fromAsync(simulatedStreaming(asr, { paceMs: 100 }).transcribe(speech(10), options, never))
    expect(events.map(({ type }) => type)).toEqual(['final'])
  })

  it('decodes once for the final pass', async () => {
    const { asr, lengths } = countingAsr(0)
    const events = simulatedStreaming(asr, { paceMs: 100 }).transcribe(speech(10), { ...options, purpose: 'final' }, never)
    await Array.fromAsync(events)
    expect(lengths).toEqual([16_000])
  })

  it('passes on an error of the source', async () => {
    const { asr } = countingAsr(0)
    async function* broken(): AsyncIterable<PcmChunk> {
      yield* speech(3)
      throw new Error('disk')
    }
    await expect(Array.fromAsync(simulatedStreaming(asr).transcribe(broken(), options, never))).rejects.toThrow('disk')
  })
})
