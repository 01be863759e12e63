import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SpeechChunk, SynthesisRequest, Tts } from '../tts.ts'

/** What every voice promises. */
export function ttsContract(name: string, open: () => Promise<Tts>, language = 'es'): void {
  describe(`${name} as a voice`, () => {
    let tts: Tts
    beforeAll(async () => {
      tts = await open()
    }, 60_000)
    afterAll(async () => tts[Symbol.asyncDispose]())
    const never = new AbortController().signal
    const say = (request: Partial<SynthesisRequest>, signal = never): Promise<SpeechChunk[]> =>
      Array.fromAsync(tts.synthesize({ text: 'Hola, buenas tardes.', language, ...request }, signal))
    const seconds = (chunks: SpeechChunk[]): number =>
      chunks.reduce((sum, { samples, sampleRate }) => sum + samples.length / sampleRate, 0)

    it('lists its voices, each with an id of its own', () => {
      expect(tts.voices.length).toBeGreaterThan(0)
      expect(new Set(tts.voices.map(({ id }) => id)).size).toBe(tts.voices.length)
    })

    it('makes sound at one rate for the whole of a sentence', async () => {
      const chunks = await say({})
      expect(new Set(chunks.map(({ sampleRate }) => sampleRate)).size).toBe(1)
      expect(seconds(chunks)).toBeGreaterThan(0.2)
      expect(chunks.some(({ samples }) => samples.some((sample) => Math.abs(sample) > 500))).toBe(true)
    })

    it('takes longer over a longer text', async () => {
      const short = seconds(await say({ text: 'Hola.' }))
      expect(seconds(await say({ text: 'Hola, esto es bastante más largo que un simple saludo.' }))).toBeGreaterThan(short)
    })

    it('makes no sound of no words', async () => {
      expect(seconds(await say({ text: '   ' }))).toBe(0)
    })

    it('does not begin when it was stopped before', async () => {
      await expect(say({}, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough')
    })

    it('stops in the middle with the reason of the signal, and speaks again', async () => {
      const abort = new AbortController()
      const run = async (): Promise<void> => {
        for await (const _ of tts.synthesize(
          { text: 'Una frase larga. Otra frase larga. Y otra más.', language },
          abort.signal,
        )) {
          abort.abort(new Error('enough'))
        }
        abort.signal.throwIfAborted()
      }
      await expect(run()).rejects.toThrow('enough')
      expect(seconds(await say({ text: 'Hola.' }))).toBeGreaterThan(0)
    })

    it('speaks for several at once without mixing them', async () => {
      const alone = seconds(await say({ text: 'Uno.' }))
      const [a, b] = await Promise.all([say({ text: 'Uno.' }), say({ text: 'Una frase que dura mucho más.' })])
      expect(seconds(a)).toBeCloseTo(alone, 1)
      expect(seconds(b)).toBeGreaterThan(alone)
    })

    it('speaks with its own voice when it does not know the one asked for', async () => {
      expect(seconds(await say({ text: 'Hola.', voice: 'no-such-voice' }))).toBeGreaterThan(0)
    })
  })
}
