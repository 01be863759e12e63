import { VigiaError } from '@vigia/protocol'
import type { Asr, AsrEvent } from '../../engines/asr.ts'
import { SAMPLE_RATE } from '../../engines/audio.ts'
import { PLAIN_ASR } from '../../engines/contract/plain-asr.ts'
import type { VoiceReader } from '../../engines/speaker-embedder.ts'
import type { Tts } from '../../engines/tts.ts'
import { VAD_WINDOW, type Vad } from '../../engines/vad.ts'

/** Engines that know the script: for the lane of decisions, and for languages that no embedded recognizer knows. */

/** What stands where in the microphone's sound, ms of the timeline. */
export interface Placed {
  text: string
  startMs: number
  endMs: number
}

/** Hears exactly what the script says was said, word by word as its sound arrives. */
export function scriptedAsr(placed: () => readonly Placed[]): Asr {
  const wordsUntil = (fromMs: number, toMs: number): string =>
    placed()
      .filter((one) => one.startMs < toMs && one.endMs > fromMs)
      .flatMap((one) => {
        const words = one.text.split(/\s+/u)
        const each = (one.endMs - one.startMs) / words.length
        return words.filter((_, i) => {
          const endMs = one.startMs + (i + 1) * each
          return endMs <= toMs + 60 && endMs > fromMs
        })
      })
      .join(' ')
  return {
    id: 'scripted',
    model: 'script',
    capabilities: { ...PLAIN_ASR, interim: true },
    async *transcribe(audio, _options, signal): AsyncIterable<AsrEvent> {
      let startMs = Number.NaN
      let endMs = 0
      let last = ''
      for await (const chunk of audio) {
        signal.throwIfAborted()
        if (Number.isNaN(startMs)) startMs = chunk.startMs
        endMs = chunk.startMs + (chunk.samples.length * 1000) / SAMPLE_RATE
        const text = wordsUntil(startMs, endMs)
        if (text === last) continue
        last = text
        yield { type: 'interim', text, startMs, endMs, confirmedChars: 0 }
      }
      if (!Number.isNaN(startMs)) yield { type: 'final', text: wordsUntil(startMs, endMs), words: [], startMs, endMs }
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** Speech where there is sound. */
export const energyVad: Vad = {
  id: 'energy',
  model: 'script',
  open: () => ({
    score(windows) {
      const scores = new Float32Array(windows.length / VAD_WINDOW)
      for (let i = 0; i < scores.length; i += 1) {
        let sum = 0
        for (let j = 0; j < VAD_WINDOW; j += 1) sum += (windows[i * VAD_WINDOW + j]! / 32768) ** 2
        scores[i] = Math.sqrt(sum / VAD_WINDOW) > 0.02 ? 0.95 : 0.02
      }
      return Promise.resolve(scores)
    },
    [Symbol.dispose]: () => {},
  }),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

/** Pitch of the user's buzz, and of anybody else's. */
export const OWNER_HZ = 180
export const STRANGER_HZ = 540

/** Sound of speech's length: a buzz of 65 ms a character, loud enough for {@link energyVad}. */
export function buzz(text: string, sampleRate: number, gain: number, hz = OWNER_HZ): Int16Array {
  const length = Math.round((sampleRate * Math.max(250, text.length * 65)) / 1000)
  return Int16Array.from({ length }, (_, i) => Math.round(gain * 16_000 * Math.sin((2 * Math.PI * hz * i) / sampleRate)))
}

/** Tells the two buzzes apart by how often they cross zero. */
export const buzzReader: VoiceReader = {
  model: 'buzz',
  dimension: 2,
  thresholds: { mergeDistance: 0.5, matchSimilarity: 0.6, matchMargin: 0.08 },
  embed(samples) {
    let crossings = 0
    for (let i = 1; i < samples.length; i += 1) if (samples[i]! >= 0 !== samples[i - 1]! >= 0) crossings += 1
    const hz = (crossings * SAMPLE_RATE) / 2 / Math.max(1, samples.length)
    return Promise.resolve(hz < (OWNER_HZ + STRANGER_HZ) / 2 ? OWNER_VOICE : Float32Array.of(0, 1))
  },
}
export const OWNER_VOICE = Float32Array.of(1, 0)

/** Speaks buzz. */
export const buzzTts: Tts = {
  id: 'buzz',
  model: 'script',
  voices: [{ id: 'buzz', language: 'es', name: 'Buzz' }],
  async *synthesize({ text }, signal) {
    signal.throwIfAborted()
    yield { samples: buzz(text, SAMPLE_RATE, 0.5), sampleRate: SAMPLE_RATE }
  },
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

/** A voice that dies at its first word. */
export const dyingTts = (tts: Tts): Tts => ({
  ...tts,
  // biome-ignore lint/correctness/useYield: it dies before any sound
  async *synthesize() {
    throw new VigiaError('tts_failed', 'The voice died.')
  },
})
