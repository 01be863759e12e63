import { openEspeak } from '../../src/engines/adapters/espeak/espeak.ts'
import type { Tts } from '../../src/engines/tts.ts'
import { createResampler } from '../../src/media/resample.ts'

/** Spoken test audio by the embedded voice: 16 kHz mono. */
export interface Speaker extends AsyncDisposable {
  say(text: string, options?: { language?: string; speed?: number; gain?: number }): Promise<Int16Array>
}

/** Everything spoken is kept, so that a phrase is made once. */
export async function openSpeaker(): Promise<Speaker> {
  const tts: Tts = await openEspeak()
  const made = new Map<string, Promise<Int16Array>>()
  return {
    say(text, { language = 'es', speed = 0.95, gain = 0.7 } = {}) {
      const key = JSON.stringify([text, language, speed, gain])
      const samples = made.get(key) ?? render(tts, text, language, speed, gain)
      made.set(key, samples)
      return samples
    },
    [Symbol.asyncDispose]: () => tts[Symbol.asyncDispose](),
  }
}

async function render(tts: Tts, text: string, language: string, speed: number, gain: number): Promise<Int16Array> {
  const parts: Int16Array[] = []
  let resampler: ReturnType<typeof createResampler> | null = null
  for await (const { samples, sampleRate } of tts.synthesize({ text, language, speed }, AbortSignal.timeout(20_000))) {
    resampler ??= createResampler(sampleRate, 16_000)
    parts.push(resampler.push(samples))
  }
  if (resampler) parts.push(resampler.end())
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 1) all[at + i] = Math.round(part[i]! * gain)
    at += part.length
  }
  return all
}

export const silence = (ms: number): Int16Array => new Int16Array(Math.round(ms * 16))

export const bytesOf = (samples: Int16Array): Uint8Array => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength)
