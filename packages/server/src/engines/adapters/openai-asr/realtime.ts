import { VigiaError } from '@vigia/protocol'
import WebSocket from 'ws'
import { createResampler } from '../../../media/resample.ts'
import type { AsrEvent, AsrOptions } from '../../asr.ts'
import { type PcmChunk, SAMPLE_RATE } from '../../audio.ts'
import { SpeechSocket } from '../speech-socket.ts'
import type { OpenAiAsrSettings } from './settings.ts'

/** Live text over the OpenAI realtime socket in its transcription mode: one connection per utterance. */

/** The only rate that the wire knows, Hz. */
const WIRE_RATE = 24_000

interface WireEvent {
  type: string
  delta?: string
  transcript?: string
  error?: { code?: string | null; type?: string }
}

export async function* transcribeLive(
  settings: OpenAiAsrSettings,
  audio: AsyncIterable<PcmChunk>,
  { language, hotwords }: AsrOptions,
  signal: AbortSignal,
): AsyncIterable<AsrEvent> {
  const { baseUrl, apiKey, model, timeoutMs } = settings
  const primary = language.toLowerCase().split('-')[0]!
  const url = new URL(`${baseUrl.replace(/^http/, 'ws')}/realtime`)
  url.searchParams.set('intent', 'transcription')
  url.searchParams.set('model', model)
  if (primary !== 'auto') url.searchParams.set('language', primary)
  const headers = apiKey ? { authorization: `Bearer ${apiKey}` } : {}
  const resampler = createResampler(SAMPLE_RATE, WIRE_RATE)
  const transcription = {
    model,
    ...(primary === 'auto' ? {} : { language: primary }),
    ...(hotwords?.length ? { prompt: hotwords.join(', ') } : {}),
  }
  const format = { type: 'audio/pcm', rate: WIRE_RATE }
  const socket = new SpeechSocket<WireEvent>({
    open: () => new WebSocket(url, { headers, maxPayload: 4 * 1024 * 1024, perMessageDeflate: false }),
    service: `Speech service ${url.host}`,
    timeoutMs,
    hello: [
      {
        type: 'session.update',
        session: { type: 'transcription', audio: { input: { format, transcription, turn_detection: null } } },
      },
    ],
    encode: (samples) => JSON.stringify({ type: 'input_audio_buffer.append', audio: base64(resampler.push(samples)) }),
    finish: () => [
      JSON.stringify({ type: 'input_audio_buffer.append', audio: base64(resampler.end()) }),
      JSON.stringify({ type: 'input_audio_buffer.commit' }),
    ],
  })
  let text = ''
  for await (const { event, startMs, endMs } of socket.run(audio, signal)) {
    if (event.type === 'error' || event.type.endsWith('input_audio_transcription.failed'))
      throw new VigiaError(
        'asr_failed',
        `Speech service ${url.host} failed (${event.error?.code ?? event.error?.type ?? 'unknown'}).`,
      )
    if (event.type.endsWith('input_audio_transcription.delta') && event.delta) {
      text += event.delta
      yield { type: 'interim', text: text.trim(), startMs, endMs, confirmedChars: 0 }
    }
    if (!event.type.endsWith('input_audio_transcription.completed')) continue
    const final = (event.transcript ?? text).trim()
    if (final !== '') yield { type: 'final', text: final, words: [], startMs, endMs }
    return
  }
}

const base64 = (samples: Int16Array): string =>
  Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength).toString('base64')
