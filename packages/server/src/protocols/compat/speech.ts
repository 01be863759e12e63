import { VigiaError } from '@vigia/protocol'
import type { Tts } from '../../engines/tts.ts'
import { createResampler } from '../../media/resample.ts'
import { FragmentSplitter } from '../../session/answering/sentences.ts'
import { spokenForm } from '../../session/answering/spoken/spoken.ts'
import type { CompatEngines } from './deps.ts'
import { guessLanguage } from './language.ts'

/** Text to speech in one request, at the rate that the other APIs promise. */

/** Hz of every spoken answer over these APIs. */
export const SPEECH_RATE = 24_000

export interface SpeechRequest {
  text: string
  /** A local voice's id; any other name takes the default voice of the language. */
  voice?: string | undefined
  language?: string | undefined
  speed?: number | undefined
}

/** @throws VigiaError `engine_unavailable` */
export function requireTts({ tts }: Pick<CompatEngines, 'tts'>): Tts {
  if (tts) return tts
  throw new VigiaError('engine_unavailable', 'No voice is loaded.', { hint: 'Choose a profile with one, or name engines.tts.' })
}

/** Mono samples at {@link SPEECH_RATE}, sentence by sentence as they are made. */
export async function* speak(request: SpeechRequest, tts: Tts, signal: AbortSignal): AsyncIterable<Int16Array> {
  const language = request.language ?? guessLanguage(request.text)
  const voice = tts.voices.some(({ id }) => id === request.voice) ? request.voice : undefined
  const splitter = new FragmentSplitter()
  for (const fragment of [...splitter.push(request.text), ...splitter.end()]) {
    const text = spokenForm(fragment, language)
    let resampler: ReturnType<typeof createResampler> | null = null
    const settings = { text, language, ...(voice ? { voice } : {}), ...(request.speed ? { speed: request.speed } : {}) }
    for await (const { samples, sampleRate } of tts.synthesize(settings, signal)) {
      resampler ??= createResampler(sampleRate, SPEECH_RATE)
      yield resampler.push(samples)
    }
    if (resampler) yield resampler.end()
  }
}
