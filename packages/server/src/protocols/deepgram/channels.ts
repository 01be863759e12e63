import { type Encoding, VigiaError } from '@vigia/protocol'
import { int16ToBytes } from '../../media/sample-format.ts'
import { readWav } from '../../media/wav.ts'
import type { AudioUpload } from '../compat/audio-upload.ts'
import { containerOf } from '../compat/audio-upload.ts'

/** Several speakers on several channels: each channel is heard by itself. */

const SAMPLE_BYTES: Partial<Record<Encoding, number>> = { pcm16: 2, pcm_f32: 4, mulaw: 1, alaw: 1 }

/** Takes interleaved bytes apart, cut anywhere. */
export class ChannelSplitter {
  readonly #sampleBytes: number
  readonly #channels: number
  #rest: Uint8Array = new Uint8Array(0)

  /** @throws VigiaError `unsupported_codec` for encodings that are not plain samples */
  constructor(encoding: Encoding, channels: number) {
    const bytes = SAMPLE_BYTES[encoding]
    if (!bytes)
      throw new VigiaError('unsupported_codec', 'multichannel needs plain samples (linear16, mulaw, alaw) or a WAV file.')
    this.#sampleBytes = bytes
    this.#channels = channels
  }

  push(bytes: Uint8Array): Uint8Array[] {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
    const frame = this.#sampleBytes * this.#channels
    const frames = Math.floor(all.length / frame)
    this.#rest = all.slice(frames * frame)
    return Array.from({ length: this.#channels }, (_, channel) => {
      const out = new Uint8Array(frames * this.#sampleBytes)
      for (let i = 0; i < frames; i++) {
        const from = i * frame + channel * this.#sampleBytes
        out.set(all.subarray(from, from + this.#sampleBytes), i * this.#sampleBytes)
      }
      return out
    })
  }
}

/** A whole recording by channels. @throws VigiaError `unsupported_codec`, `invalid_audio` */
export function splitUpload({ bytes, raw }: AudioUpload): AudioUpload[] {
  if (containerOf(bytes) === 'wav') {
    const { samples, sampleRate, channels } = readWav(bytes)
    return new ChannelSplitter('pcm16', channels)
      .push(int16ToBytes(samples))
      .map((one) => ({ bytes: one, raw: { encoding: 'pcm16', sampleRate, channels: 1 } }))
  }
  if (!raw) throw new VigiaError('unsupported_codec', 'multichannel needs plain samples (linear16, mulaw, alaw) or a WAV file.')
  return new ChannelSplitter(raw.encoding, raw.channels).push(bytes).map((one) => ({ bytes: one, raw: { ...raw, channels: 1 } }))
}
