import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Recording } from '../audio.ts'
import type { Diarizer } from '../diarizer.ts'

/** A recording in memory. */
export function recordingOf(samples: Int16Array): Recording {
  return {
    durationMs: samples.length / 16,
    read: (startMs, endMs) => Promise.resolve(samples.slice(Math.round(startMs * 16), Math.round(endMs * 16))),
  }
}

/** What every diarizer promises. `speech` is a recording of at least two voices. */
export function diarizerContract(name: string, open: () => Promise<Diarizer>, speech: () => Promise<Int16Array>): void {
  describe(`${name} as a diarizer`, () => {
    let diarizer: Diarizer
    let recording: Recording
    beforeAll(async () => {
      diarizer = await open()
      recording = recordingOf(await speech())
    })
    afterAll(async () => diarizer[Symbol.asyncDispose]())
    const whole = () => [{ startMs: 0, endMs: recording.durationMs }]
    const signal = new AbortController().signal

    it('names speakers S1, S2 … in order of appearance, with turns in order and inside the recording', async () => {
      const turns = await diarizer.diarize({ recording, speech: whole(), utterances: whole() }, signal)
      const names = [...new Set(turns.map(({ speaker }) => speaker))]
      expect(names).toEqual(names.map((_, i) => `S${i + 1}`))
      expect(names.length).toBeGreaterThan(1)
      turns.forEach((turn, i) => {
        expect(turn.startMs).toBeGreaterThanOrEqual(turns[i - 1]?.startMs ?? 0)
        expect(turn.endMs).toBeGreaterThan(turn.startMs)
        expect(turn.endMs).toBeLessThanOrEqual(recording.durationMs + 1)
        expect(turn.confidence).toBeGreaterThanOrEqual(0)
        expect(turn.confidence).toBeLessThanOrEqual(1)
      })
    })

    it('gives no turns where there was no speech', async () => {
      expect(await diarizer.diarize({ recording, speech: [], utterances: [] }, signal)).toEqual([])
    })

    it('keeps to a known number of speakers', async () => {
      for (const speakers of [1, 2]) {
        const turns = await diarizer.diarize({ recording, speech: whole(), utterances: whole(), speakers }, signal)
        expect(new Set(turns.map(({ speaker }) => speaker)).size).toBe(speakers)
      }
    })

    it('gives the same turns for the same recording', async () => {
      const request = { recording, speech: whole(), utterances: whole() }
      expect(await diarizer.diarize(request, signal)).toEqual(await diarizer.diarize(request, signal))
    })

    it('tells its progress, never backwards, up to 1', async () => {
      const seen: number[] = []
      await diarizer.diarize({ recording, speech: whole(), utterances: whole() }, signal, (done) => void seen.push(done))
      expect(seen).toEqual(seen.toSorted((a, b) => a - b))
      expect(seen.at(-1)).toBe(1)
    })

    it('ends with the reason of the signal when aborted', async () => {
      const aborted = AbortSignal.abort(new Error('stop'))
      await expect(diarizer.diarize({ recording, speech: whole(), utterances: whole() }, aborted)).rejects.toThrow('stop')
    })

    it('fails with its code when the recording cannot be read', async () => {
      const broken = { durationMs: 1000, read: () => Promise.reject(new Error('disk')) }
      const request = { recording: broken, speech: whole(), utterances: whole() }
      await expect(diarizer.diarize(request, signal)).rejects.toMatchObject({ code: 'diarization_failed' })
    })
  })
}
