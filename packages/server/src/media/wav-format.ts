import { VigiaError } from '@vigia/protocol'
import { ascii } from './bytes.ts'
import type { PlainFormat } from './pcm-source.ts'
import { MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './resample.ts'
import type { SampleFormat } from './sample-format.ts'

/** Format tags of `fmt ` chunks: Microsoft, "New Multimedia Data Types and Data Techniques", 1994. */
const TAG_PCM = 1
const TAG_FLOAT = 3
const TAG_ALAW = 6
const TAG_MULAW = 7
const TAG_EXTENSIBLE = 0xfffe

const FORMATS: Readonly<Record<string, SampleFormat>> = {
  [`${TAG_PCM}/8`]: 'u8',
  [`${TAG_PCM}/16`]: 's16',
  [`${TAG_PCM}/24`]: 's24',
  [`${TAG_PCM}/32`]: 's32',
  [`${TAG_FLOAT}/32`]: 'f32',
  [`${TAG_FLOAT}/64`]: 'f64',
  [`${TAG_ALAW}/8`]: 'alaw',
  [`${TAG_MULAW}/8`]: 'mulaw',
}

/** True for the first 12 bytes of a WAV file; RF64 is the form for files above 4 GB. */
export function isWavHeader(bytes: Uint8Array): boolean {
  return ['RIFF', 'RF64'].includes(ascii(bytes, 0, 4)) && ascii(bytes, 8, 12) === 'WAVE'
}

/**
 * Reads the body of a `fmt ` chunk.
 *
 * @throws VigiaError `invalid_audio` for a format that is not plain samples, or rates and channels out of range
 */
export function parseWavFormat(body: Uint8Array): PlainFormat {
  if (body.length < 16) throw invalid(`a format chunk of at least 16 bytes, got ${body.length}`)
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const tag = view.getUint16(0, true)
  const channels = view.getUint16(2, true)
  const sampleRate = view.getUint32(4, true)
  const bits = view.getUint16(14, true)
  const plainTag = tag === TAG_EXTENSIBLE && body.length >= 26 ? view.getUint16(24, true) : tag
  const sampleFormat = FORMATS[`${plainTag}/${bits}`]
  if (!sampleFormat) throw invalid(`PCM, float, A-law or mu-law samples, got format tag ${plainTag} with ${bits} bits`)
  if (channels < 1 || channels > 2) throw invalid(`1 or 2 channels, got ${channels}`)
  if (sampleRate < MIN_SAMPLE_RATE || sampleRate > MAX_SAMPLE_RATE) throw invalid(`8000–48000 Hz, got ${sampleRate}`)
  return { sampleFormat, sampleRate, channels }
}

function invalid(expectedAndGot: string): VigiaError {
  return new VigiaError('invalid_audio', `WAV: expected ${expectedAndGot}.`, {
    hint: 'Send PCM16 WAV, 8 to 48 kHz, mono or stereo.',
  })
}
