import { readFile } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'
import { readWav, writeWav } from '../../../media/wav.ts'
import type { Asr, AsrOptions, Decode } from '../../asr.ts'
import { SAMPLE_RATE } from '../../audio.ts'
import { offlineAsr } from '../../offline-asr.ts'
import { abilitiesOf, type Found, parseAnswer, toTranscription, type VerboseAnswer } from './answer.ts'
import { transcribeLive } from './realtime.ts'
import { requestSpeech, type SpeechRequest, Unsupported } from './request.ts'
import type { OpenAiAsrSettings } from './settings.ts'

/**
 * Recognition by an OpenAI-compatible service: speaches (faster-whisper), vLLM, Groq, OpenAI. What it can do is asked
 * with a short clip at the start, not assumed from its name.
 */

/** A second and a half of synthetic speech of this project. */
const PROBE = new URL('./probe.wav', import.meta.url)
/** Below this the servers answer with an error instead of nothing, ms. */
const MIN_MS = 100

type Format = 'verbose_json' | 'json'

export interface OpenAiAsrOptions {
  /** First wait before another try, ms; tests shorten it. */
  retryBaseMs?: number
}

/** @throws VigiaError `engine_unavailable`, `engine_timeout`, `model_not_found`, `rate_limited` when the service does not serve */
export async function openOpenAiAsr(settings: OpenAiAsrSettings, { retryBaseMs }: OpenAiAsrOptions = {}): Promise<Asr> {
  const service = new Service(settings, retryBaseMs)
  const found = settings.probe ? await service.probe() : { words: false, segments: false, language: false }
  const decode: Decode = async (samples, options, signal) => {
    const durationMs = (samples.length * 1000) / SAMPLE_RATE
    if (durationMs < MIN_MS) return { text: '', words: [] }
    return toTranscription(await service.transcribe(samples, options, signal), durationMs)
  }
  const offline = offlineAsr({
    id: 'openai',
    model: settings.model,
    capabilities: {
      interim: false,
      wordTimes: found.words,
      confidence: found.segments,
      punctuation: true,
      languages: 'any',
      detectsLanguage: true,
      hotwords: true,
      speakers: false,
      maxUtteranceMs: settings.maxUtteranceMs,
    },
    note: `Audio is sent to ${new URL(settings.baseUrl).host}.`,
    decode,
    dispose: () => Promise.resolve(),
  })
  if (!settings.realtime) return offline
  return {
    ...offline,
    // The socket tells no times of words; the second pass does where the server can.
    capabilities: { ...offline.capabilities, interim: true, wordTimes: false },
    transcribe: (audio, options, signal) =>
      options.purpose === 'live' ? transcribeLive(settings, audio, options, signal) : offline.transcribe(audio, options, signal),
  }
}

class Service {
  readonly #settings: OpenAiAsrSettings
  readonly #retryBaseMs: number | undefined
  readonly #name: string
  #format: Format = 'verbose_json'

  constructor(settings: OpenAiAsrSettings, retryBaseMs: number | undefined) {
    this.#settings = settings
    this.#retryBaseMs = retryBaseMs
    this.#name = `Speech service ${new URL(settings.baseUrl).host}`
  }

  /** What the service fills in. Falls back to plain text where the detailed form is refused. */
  async probe(): Promise<Found> {
    const { samples } = readWav(await readFile(PROBE))
    const signal = new AbortController().signal
    const options: AsrOptions = { language: 'es', purpose: 'final' }
    for (const format of ['verbose_json', 'json'] as const) {
      this.#format = format
      try {
        return abilitiesOf(await this.#send(samples, options, signal))
      } catch (error) {
        if (!(error instanceof Unsupported)) throw error
        if (error.status === 404 || format === 'json') throw this.#refused(error.status)
      }
    }
    throw this.#refused(400)
  }

  async transcribe(samples: Int16Array, options: AsrOptions, signal: AbortSignal): Promise<VerboseAnswer> {
    try {
      return await this.#send(samples, options, signal)
    } catch (error) {
      if (error instanceof Unsupported) throw new VigiaError('asr_failed', `${this.#name} refused the audio (${error.status}).`)
      throw error
    }
  }

  async #send(samples: Int16Array, options: AsrOptions, signal: AbortSignal): Promise<VerboseAnswer> {
    const { baseUrl, apiKey, timeoutMs, maxRetries } = this.#settings
    const wav = writeWav(samples, SAMPLE_RATE)
    const request: SpeechRequest = {
      url: new URL(`${baseUrl}/audio/transcriptions`),
      headers: { accept: 'application/json', ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
      body: () => this.#form(wav, options),
      service: this.#name,
      timeoutMs,
      maxRetries,
      ...(this.#retryBaseMs === undefined ? {} : { retryBaseMs: this.#retryBaseMs }),
    }
    return parseAnswer(await requestSpeech(request, signal), this.#name)
  }

  #form(wav: Uint8Array, { language, hotwords }: AsrOptions): FormData {
    const form = new FormData()
    form.set('file', new Blob([new Uint8Array(wav)], { type: 'audio/wav' }), 'audio.wav')
    form.set('model', this.#settings.model)
    form.set('response_format', this.#format)
    form.set('temperature', '0')
    const primary = language.toLowerCase().split('-')[0]!
    if (primary !== 'auto') form.set('language', primary)
    if (this.#format === 'verbose_json') {
      form.append('timestamp_granularities[]', 'word')
      form.append('timestamp_granularities[]', 'segment')
      // speaches leaves times out unless told otherwise.
      form.set('without_timestamps', 'false')
    }
    if (hotwords?.length) {
      const list = hotwords.join(', ')
      form.set('prompt', list)
      form.set('hotwords', list)
    }
    return form
  }

  #refused(status: number): VigiaError {
    if (status === 404)
      return new VigiaError(
        'model_not_found',
        `${this.#name} has no "/audio/transcriptions" or no model "${this.#settings.model}" (404).`,
        {
          hint: 'Check the address (it ends in /v1) and that the model is downloaded there; see docs/faster-whisper-speaches.md.',
        },
      )
    return new VigiaError('engine_unavailable', `${this.#name} refused a transcription request (${status}).`, {
      hint: 'Check the model name and that the server offers /v1/audio/transcriptions.',
    })
  }
}
