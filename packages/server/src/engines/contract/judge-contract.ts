import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TurnJudge } from '../turn-judge.ts'

/** What every turn judge promises. */
export function judgeContract(name: string, open: () => Promise<TurnJudge>): void {
  describe(`${name} as a turn judge`, () => {
    let judge: TurnJudge
    beforeAll(async () => {
      judge = await open()
    }, 60_000)
    afterAll(async () => judge[Symbol.asyncDispose]())
    const never = new AbortController().signal
    const silence = (ms: number) => ({ samples: new Int16Array(ms * 16), startMs: 0 })

    it.each([0, 20, 900, 8000, 20_000])('gives a probability for %d ms of sound', async (ms) => {
      const probability = await judge.judge({ audio: silence(ms), text: 'qué hora es', language: 'es' }, never)
      expect(probability).toBeGreaterThanOrEqual(0)
      expect(probability).toBeLessThanOrEqual(1)
    })

    it('says the same of the same', async () => {
      const ask = () => judge.judge({ audio: silence(1000), text: 'hola', language: 'es' }, never)
      expect(await ask()).toBe(await ask())
    })

    it('takes a dangling conjunction for unfinished', async () => {
      const ask = (text: string) => judge.judge({ audio: silence(1000), text, language: 'es' }, never)
      expect(await ask('quiero la reunión del lunes y')).toBeLessThan(0.4)
    })

    it('reads and keeps nothing of the sound it was given', async () => {
      const samples = Int16Array.from({ length: 16_000 }, (_, i) => 3000 * Math.sin(i / 9))
      const before = samples.slice()
      await judge.judge({ audio: { samples, startMs: 0 }, text: '', language: 'es' }, never)
      expect(samples).toEqual(before)
    })

    it('stops with the reason of the signal', async () => {
      const asked = judge.judge({ audio: silence(500), text: '', language: 'es' }, AbortSignal.abort(new Error('enough')))
      await expect(Promise.resolve(asked)).rejects.toThrow('enough')
    })
  })
}
