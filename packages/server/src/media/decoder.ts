/**
 * Audio of every accepted encoding to 16 kHz mono PCM16, as it arrives.
 * Everything here runs in the gateway process, so codecs are wasm or our own code, never native addons.
 */
import { type Encoding, VigiaError } from '@vigia/protocol'
import type { ByteSource, Sink } from './byte-source.ts'
import { type Damage, DamageLog } from './damage.ts'
import { FlacSource } from './flac-source.ts'
import { Mp3Source } from './mp3-source.ts'
import { OggOpusSource } from './ogg-source.ts'
import { OpusSource } from './opus-source.ts'
import { PcmOutput } from './pcm-output.ts'
import { PcmSource } from './pcm-source.ts'
import { MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './resample.ts'
import type { SampleFormat } from './sample-format.ts'
import { WavSource } from './wav-source.ts'
import { WebmOpusSource } from './webm-source.ts'

export type { Damage } from './damage.ts'

/** What a client says of its stream. Containers state rate and channels themselves. */
export interface AudioFormat {
  encoding: Encoding
  /** Hz, 8000–48000 */
  sampleRate: number
  /** 1 or 2, interleaved; averaged to mono */
  channels: number
}

/** Decodes one stream. Chunks may be cut anywhere, except for `opus`, where each is exactly one packet. */
export interface AudioDecoder {
  /**
   * Samples that are certain so far; possibly none.
   *
   * @param bytes - the next of the stream; read, not kept. Keep pieces below 1 MB: one call gives at most half an hour of audio.
   * @throws VigiaError `invalid_audio` or `unsupported_codec` when the beginning of the stream is something else; never later
   */
  decode(bytes: Uint8Array): Int16Array
  /** The stream is over: what filters and buffers still hold. */
  end(): Int16Array
  /** What could not be decoded since the last call, in order. Known losses were replaced by silence, so that later audio keeps its place. */
  takeDamage(): Damage[]
  /** Frees codec memory. The decoder must not be used afterwards. */
  free(): void
}

const PLAIN: Partial<Record<Encoding, SampleFormat>> = { pcm16: 's16', pcm_f32: 'f32', mulaw: 'mulaw', alaw: 'alaw' }

/** @throws VigiaError `unsupported_codec`, `invalid_audio_format` */
export async function createDecoder(format: AudioFormat): Promise<AudioDecoder> {
  checkFormat(format)
  const sink: Sink = { out: new PcmOutput(), damage: new DamageLog() }
  return new StreamDecoder(await openSource(format, sink), sink)
}

async function openSource(format: AudioFormat, sink: Sink): Promise<ByteSource> {
  const sampleFormat = PLAIN[format.encoding]
  if (sampleFormat) return new PcmSource({ sampleFormat, sampleRate: format.sampleRate, channels: format.channels }, sink)
  switch (format.encoding) {
    case 'wav':
      return new WavSource(sink)
    case 'opus':
      return new OpusSource(sink)
    case 'ogg_opus':
      return new OggOpusSource(sink)
    case 'webm_opus':
      return new WebmOpusSource(sink)
    case 'flac':
      return new FlacSource(sink)
    case 'mp3':
      return Mp3Source.open(sink)
  }
  throw unsupported(format.encoding)
}

function unsupported(encoding: string): VigiaError {
  return new VigiaError('unsupported_codec', `Expected an encoding that this server decodes, got "${encoding}".`, {
    hint: 'AAC needs a decoder plugin (node-av, an FFmpeg build that is not part of this server). Send pcm16, opus, webm_opus, ogg_opus, flac, mp3 or wav instead.',
  })
}

function checkFormat({ sampleRate, channels }: AudioFormat): void {
  if (!Number.isInteger(sampleRate) || sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE) {
    throw new VigiaError('invalid_audio_format', `Expected a sample rate of 8000–48000 Hz, got ${sampleRate}.`, {
      hint: 'Set sample_rate to the rate that you record at.',
    })
  }
  if (channels !== 1 && channels !== 2) {
    throw new VigiaError('invalid_audio_format', `Expected 1 or 2 channels, got ${channels}.`, { hint: 'Send mono or stereo.' })
  }
}

class StreamDecoder implements AudioDecoder {
  readonly #source: ByteSource
  readonly #sink: Sink

  constructor(source: ByteSource, sink: Sink) {
    this.#source = source
    this.#sink = sink
  }

  decode(bytes: Uint8Array): Int16Array {
    this.#guard(bytes.length, () => this.#source.push(bytes))
    return this.#take()
  }

  end(): Int16Array {
    this.#guard(0, () => this.#source.end())
    this.#sink.out.end()
    return this.#take()
  }

  takeDamage(): Damage[] {
    return this.#sink.damage.take()
  }

  free(): void {
    this.#source.free()
  }

  #take(): Int16Array {
    const { out, damage } = this.#sink
    if (out.full) damage.add({ bytes: 0, reason: 'more than half an hour of audio in one piece', atMs: out.positionMs })
    return out.take()
  }

  /** A fault inside a codec costs this piece, not the session. */
  #guard(bytes: number, run: () => void): void {
    try {
      run()
    } catch (error) {
      if (VigiaError.is(error)) throw error
      this.#sink.damage.add({ bytes, reason: 'the decoder failed', atMs: this.#sink.out.positionMs })
    }
  }
}
