import type { Tts } from '../../engines/tts.ts'
import { createResampler } from '../../media/resample.ts'
import { RATE } from './microphone.ts'
import { buzz, OWNER_HZ, STRANGER_HZ } from './scripted-engines.ts'

/** Speech of the people in a scenario: by the embedded voice, or a buzz of the same length where nobody listens to words. */
export interface Voices {
  say(text: string, how: Manner): Promise<Int16Array>
}

export interface Manner {
  language: string
  /** Of the embedded engine. */
  voice: string | undefined
  stranger: boolean
}

export const buzzVoices: Voices = {
  say: (text, { stranger }) => Promise.resolve(buzz(text, RATE, 1, stranger ? STRANGER_HZ : OWNER_HZ)),
}

/** What was said once is kept. `ownVoice`: the engine's own, whatever voice of the embedded one a scenario names. */
export function spokenVoices(tts: Tts, { ownVoice = false } = {}): Voices {
  const made = new Map<string, Promise<Int16Array>>()
  return {
    say(text, { language, voice: named }) {
      const voice = ownVoice ? undefined : named
      const key = JSON.stringify([text, language, voice])
      const samples = made.get(key) ?? render(tts, text, language, voice)
      made.set(key, samples)
      return samples
    },
  }
}

async function render(tts: Tts, text: string, language: string, voice: string | undefined): Promise<Int16Array> {
  const parts: Int16Array[] = []
  let resampler: ReturnType<typeof createResampler> | null = null
  const request = { text, language, speed: 0.95, ...(voice ? { voice } : {}) }
  for await (const { samples, sampleRate } of tts.synthesize(request, AbortSignal.timeout(30_000))) {
    resampler ??= createResampler(sampleRate, RATE)
    parts.push(resampler.push(samples))
  }
  if (resampler) parts.push(resampler.end())
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return trimmed(all)
}

/** Without the silence that voices put around a sentence. */
function trimmed(samples: Int16Array): Int16Array {
  const loud = (sample: number): boolean => Math.abs(sample) > 200
  const first = samples.findIndex(loud)
  return first < 0 ? samples : samples.slice(first, samples.findLastIndex(loud) + 1)
}
