import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { SAMPLE_RATE } from '../audio.ts'
import { VAD_WINDOW, type Vad } from '../vad.ts'

/** What every voice detector promises. `speech` is a recording with speech of at least two seconds. */
export function vadContract(name: string, open: () => Promise<Vad>, speech: () => Promise<Int16Array>): void {
  describe(`${name} as a voice detector`, () => {
    let vad: Vad
    let recording: Int16Array
    beforeAll(async () => {
      vad = await open()
      const samples = await speech()
      recording = samples.subarray(0, samples.length - (samples.length % VAD_WINDOW))
    })
    afterAll(async () => vad[Symbol.asyncDispose]())

    it('gives one probability per window, each from 0 to 1', async () => {
      using stream = vad.open()
      const scores = await stream.score(recording)
      expect(scores).toHaveLength(recording.length / VAD_WINDOW)
      expect(scores.every((score) => score >= 0 && score <= 1)).toBe(true)
    })

    it('gives nothing for nothing', async () => {
      using stream = vad.open()
      expect(await stream.score(new Int16Array(0))).toHaveLength(0)
    })

    it('hears speech and does not hear silence or noise', async () => {
      using stream = vad.open()
      const silence = await vad.open().score(new Int16Array(SAMPLE_RATE - (SAMPLE_RATE % VAD_WINDOW)))
      const noise = await vad.open().score(whiteNoise(VAD_WINDOW * 60, 300))
      expect(share(await stream.score(recording))).toBeGreaterThan(0.3)
      expect(share(silence)).toBe(0)
      expect(share(noise)).toBeLessThan(0.1)
    })

    it('scores a stream the same in one piece, in windows, and beside other streams', async () => {
      const whole = await vad.open().score(recording)
      using inWindows = vad.open()
      const others = [1, 2, 3].map(() => vad.open())
      const beside = others.map((other, index) => other.score(recording.subarray(0, VAD_WINDOW * 10 * (index + 1))))
      const calls: Promise<Float32Array>[] = []
      for (let at = 0; at < VAD_WINDOW * 40; at += VAD_WINDOW)
        calls.push(inWindows.score(recording.subarray(at, at + VAD_WINDOW)))
      const scores = (await Promise.all(calls)).flatMap((score) => [...score])
      for (const [at, score] of scores.entries()) expect(score).toBeCloseTo(whole[at]!, 3)
      for (const other of await Promise.all(beside))
        for (const [at, score] of other.entries()) expect(score).toBeCloseTo(whole[at]!, 3)
    })

    it('does not read the samples after the call has returned', async () => {
      const whole = await vad.open().score(recording)
      const copy = recording.slice()
      const scoring = vad.open().score(copy)
      copy.fill(0)
      expect([...(await scoring)]).toEqual([...whole])
    })

    it('refuses a broken window and goes on', async () => {
      using stream = vad.open()
      await expect((async () => stream.score(new Int16Array(VAD_WINDOW + 1)))()).rejects.toMatchObject({ code: 'vad_failed' })
      expect(await stream.score(recording.subarray(0, VAD_WINDOW))).toHaveLength(1)
    })
  })
}

const share = (scores: Float32Array): number => scores.filter((score) => score >= 0.5).length / scores.length

function whiteNoise(length: number, amplitude: number): Int16Array {
  let seed = 7
  return Int16Array.from({ length }, () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    return Math.round((seed / 2 ** 30 - 1) * amplitude)
  })
}
