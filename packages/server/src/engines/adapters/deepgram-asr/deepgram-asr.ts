import { VigiaError } from '@vigia/protocol'
import WebSocket from 'ws'
import { writeWav } from '../../../media/wav.ts'
import type { Asr, AsrCapabilities, AsrEvent, AsrOptions, Decode } from '../../asr.ts'
import { type PcmChunk, SAMPLE_RATE } from '../../audio.ts'
import { offlineAsr } from '../../offline-asr.ts'
import { requestSpeech, Unsupported } from '../openai-asr/request.ts'
import { SpeechSocket } from '../speech-socket.ts'
import { joinFinals, type LiveResults, parseLive, parsePrerecorded, toWords } from './answer.ts'
import type { DeepgramSettings } from './settings.ts'

/** Recognition by Deepgram: the live socket while an utterance is open, the prerecorded request for the second pass. */

const MIN_MS = 100

export function openDeepgramAsr(settings: DeepgramSettings, { retryBaseMs }: { retryBaseMs?: number } = {}): Asr {
  const capabilities: AsrCapabilities = {
    interim: true,
    wordTimes: true,
    confidence: true,
    punctuation: true,
    languages: 'any',
    detectsLanguage: true,
    hotwords: true,
    speakers: settings.diarize,
    maxUtteranceMs: 600_000,
  }
  const decode: Decode = async (samples, options, signal) => {
    const durationMs = (samples.length * 1000) / SAMPLE_RATE
    if (durationMs < MIN_MS) return { text: '', words: [] }
    const { alternative, language } = parsePrerecorded(await prerecorded(settings, samples, options, signal, retryBaseMs))
    const { text, words, confidence } = joinFinals([alternative], 0, durationMs)
    return { text, words, ...(confidence === undefined ? {} : { confidence }), ...(language ? { language } : {}) }
  }
  const offline = offlineAsr({
    id: 'deepgram',
    model: settings.model,
    capabilities,
    note: `Audio is sent to ${new URL(settings.baseUrl).host}.`,
    decode,
    dispose: () => Promise.resolve(),
  })
  return {
    ...offline,
    transcribe: (audio, options, signal) =>
      options.purpose === 'live' ? live(settings, audio, options, signal) : offline.transcribe(audio, options, signal),
  }
}

async function prerecorded(
  settings: DeepgramSettings,
  samples: Int16Array,
  options: AsrOptions,
  signal: AbortSignal,
  retryBaseMs: number | undefined,
): Promise<string> {
  const url = new URL(`${settings.baseUrl}/v1/listen`)
  addParameters(url, settings, options)
  if (options.language === 'auto') url.searchParams.set('detect_language', 'true')
  const wav = new Uint8Array(writeWav(samples, SAMPLE_RATE))
  const request = {
    url,
    headers: { authorization: `Token ${settings.apiKey}`, 'content-type': 'audio/wav' },
    body: () => wav,
    service: `Speech service ${url.host}`,
    timeoutMs: settings.timeoutMs,
    maxRetries: settings.maxRetries,
    ...(retryBaseMs === undefined ? {} : { retryBaseMs }),
  }
  return requestSpeech(request, signal).catch((error: unknown) => {
    if (error instanceof Unsupported)
      throw new VigiaError('asr_failed', `${request.service} refused the audio (${error.status}).`)
    throw error
  })
}

async function* live(
  settings: DeepgramSettings,
  audio: AsyncIterable<PcmChunk>,
  options: AsrOptions,
  signal: AbortSignal,
): AsyncIterable<AsrEvent> {
  const url = new URL(`${settings.baseUrl.replace(/^http/, 'ws')}/v1/listen`)
  addParameters(url, settings, options)
  const raw = {
    encoding: 'linear16',
    sample_rate: String(SAMPLE_RATE),
    channels: '1',
    interim_results: 'true',
    endpointing: 'false',
  }
  for (const [name, value] of Object.entries(raw)) url.searchParams.set(name, value)
  const headers = { authorization: `Token ${settings.apiKey}` }
  const socket = new SpeechSocket<{ type?: string }>({
    open: () => new WebSocket(url, { headers, maxPayload: 4 * 1024 * 1024, perMessageDeflate: false }),
    service: `Speech service ${url.host}`,
    timeoutMs: settings.timeoutMs,
    encode: (samples) => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength),
    finish: () => [JSON.stringify({ type: 'CloseStream' })],
  })
  const finals: LiveResults['channel']['alternatives'] = []
  let span = { startMs: 0, endMs: 0 }
  for await (const { event, startMs, endMs } of socket.run(audio, signal)) {
    span = { startMs, endMs }
    const results = parseLive(event)
    if (!results) continue
    const [alternative] = results.channel.alternatives
    if (results.is_final) finals.push(alternative!)
    const confirmed = joinFinals(finals, startMs, endMs).text
    const text = results.is_final ? confirmed : [confirmed, alternative!.transcript.trim()].filter(Boolean).join(' ')
    if (text === '') continue
    const last = toWords(alternative!.words, startMs, endMs).at(-1)
    yield { type: 'interim', text, startMs, endMs: last?.endMs ?? endMs, confirmedChars: confirmed.length }
  }
  const final = joinFinals(finals, span.startMs, span.endMs)
  if (final.text !== '') yield { type: 'final', ...final }
}

function addParameters(url: URL, { model, diarize }: DeepgramSettings, { language, hotwords = [] }: AsrOptions): void {
  url.searchParams.set('model', model)
  url.searchParams.set('punctuate', 'true')
  url.searchParams.set('smart_format', 'true')
  if (diarize) url.searchParams.set('diarize', 'true')
  // The live socket detects under the name "multi"; the prerecorded request has a parameter of its own.
  url.searchParams.set('language', language === 'auto' ? 'multi' : language)
  for (const word of hotwords) url.searchParams.append('keyterm', word)
}
