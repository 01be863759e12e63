import { VigiaError } from '@vigia/protocol'
import { OggOpusMuxer } from '../../media/ogg-mux.ts'
import { OpusEncoder } from '../../media/opus-encode.ts'
import { int16ToBytes, toFloat32 } from '../../media/sample-format.ts'
import { writeWav } from '../../media/wav.ts'
import { joinSamples } from './audio-upload.ts'
import { SPEECH_RATE } from './speech.ts'

/** Files of speech: what a client asked for, or a clear refusal; never another container. */

export const SPEECH_FORMATS = ['mp3', 'opus', 'aac', 'flac', 'wav', 'pcm'] as const
export type SpeechFormat = (typeof SPEECH_FORMATS)[number]

export const SPEECH_TYPES: Readonly<Record<SpeechFormat, string>> = {
  mp3: 'audio/mpeg',
  opus: 'audio/opus',
  aac: 'audio/aac',
  flac: 'audio/flac',
  wav: 'audio/wav',
  pcm: 'audio/pcm',
}

/** Encodes speech as it comes. WAV waits for the end, so that its header tells the true length. */
export type SpeechEncoder = (speech: AsyncIterable<Int16Array>) => AsyncIterable<Uint8Array>

/** @throws VigiaError `unsupported_codec` */
export async function speechEncoder(format: SpeechFormat): Promise<SpeechEncoder> {
  switch (format) {
    case 'pcm':
      return pcm
    case 'wav':
      return wav
    case 'opus':
      return opus
    case 'mp3':
      return mp3Encoder()
    default:
      throw new VigiaError('unsupported_codec', `Speech as "${format}" is not made here; expected mp3, opus, wav or pcm.`)
  }
}

async function* pcm(speech: AsyncIterable<Int16Array>): AsyncIterable<Uint8Array> {
  for await (const samples of speech) if (samples.length > 0) yield int16ToBytes(samples)
}

async function* wav(speech: AsyncIterable<Int16Array>): AsyncIterable<Uint8Array> {
  yield writeWav(joinSamples(await Array.fromAsync(speech)), SPEECH_RATE)
}

async function* opus(speech: AsyncIterable<Int16Array>): AsyncIterable<Uint8Array> {
  using encoder = new OpusEncoder({ sampleRate: SPEECH_RATE, bitrate: 32_000 })
  const muxer = new OggOpusMuxer({
    preSkip: encoder.preSkip,
    packetMs: encoder.packetMs,
    sampleRate: SPEECH_RATE,
    packetsPerPage: 5,
  })
  yield* muxer.begin()
  let samples = 0
  for await (const chunk of speech) {
    samples += chunk.length
    for (const packet of encoder.push(chunk)) yield* muxer.push(packet)
  }
  for (const packet of encoder.end()) yield* muxer.push(packet)
  yield* muxer.end((samples * 1000) / SPEECH_RATE)
}

/** LAME, where its optional package is installed. */
async function mp3Encoder(): Promise<SpeechEncoder> {
  const { createMp3Encoder } = await import('wasm-media-encoders').catch((cause: unknown) => {
    throw new VigiaError(
      'unsupported_codec',
      'Speech as "mp3" needs the optional package wasm-media-encoders, which is not installed.',
      {
        hint: 'Ask for response_format wav, opus or pcm, or run npm ci without --omit=optional.',
        cause,
      },
    )
  })
  return async function* mp3(speech) {
    const encoder = await createMp3Encoder()
    encoder.configure({ sampleRate: SPEECH_RATE, channels: 1, bitrate: 64 })
    for await (const samples of speech) {
      const bytes = encoder.encode([toFloat32(samples)])
      if (bytes.length > 0) yield bytes.slice() // the encoder uses its memory again
    }
    yield encoder.finalize().slice()
  }
}
