import { VigiaError } from '@vigia/protocol'
import { ascii } from './bytes.ts'
import { decodeSamples, int16ToBytes, toInt16 } from './sample-format.ts'
import { isWavHeader, parseWavFormat } from './wav-format.ts'

export const WAV_HEADER_BYTES = 44

/**
 * The header of a PCM16 WAV file.
 *
 * @param dataBytes - length of the samples that follow; above 4 GB the header says "unknown"
 */
export function wavHeader(dataBytes: number, sampleRate: number, channels = 1): Uint8Array {
  const header = new Uint8Array(WAV_HEADER_BYTES)
  const view = new DataView(header.buffer)
  const text = (at: number, value: string): void => header.set(Buffer.from(value, 'latin1'), at)
  const size = (at: number, bytes: number): void => view.setUint32(at, Math.min(bytes, 0xffffffff), true)
  text(0, 'RIFF')
  size(4, WAV_HEADER_BYTES - 8 + dataBytes)
  text(8, 'WAVEfmt ')
  view.setUint32(16, 16, true)
  view.setUint16(20, 1, true)
  view.setUint16(22, channels, true)
  view.setUint32(24, sampleRate, true)
  view.setUint32(28, sampleRate * channels * 2, true)
  view.setUint16(32, channels * 2, true)
  view.setUint16(34, 16, true)
  text(36, 'data')
  size(40, dataBytes)
  return header
}

/** A whole PCM16 WAV file. @param samples - interleaved where there are two channels */
export function writeWav(samples: Int16Array, sampleRate: number, channels = 1): Uint8Array {
  const data = int16ToBytes(samples)
  const file = new Uint8Array(WAV_HEADER_BYTES + data.length)
  file.set(wavHeader(data.length, sampleRate, channels))
  file.set(data, WAV_HEADER_BYTES)
  return file
}

/** A WAV file in memory. */
export interface WavFile {
  /** Hz */
  sampleRate: number
  channels: number
  /** Interleaved. */
  samples: Int16Array
}

/**
 * Reads a whole WAV file of any plain sample format; a data chunk that claims more than there is ends with the file.
 *
 * @throws VigiaError `invalid_audio`
 */
export function readWav(file: Uint8Array): WavFile {
  if (!isWavHeader(file)) throw new VigiaError('invalid_audio', 'Expected a WAV file, got something else.')
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  let format: ReturnType<typeof parseWavFormat> | null = null
  for (let at = 12; at + 8 <= file.length; ) {
    const id = ascii(file, at, at + 4)
    const size = view.getUint32(at + 4, true)
    const body = file.subarray(at + 8, at + 8 + size)
    if (id === 'fmt ') format = parseWavFormat(body)
    if (id === 'data' && format) {
      const samples = decodeSamples(body, format.sampleFormat)
      return {
        sampleRate: format.sampleRate,
        channels: format.channels,
        samples: samples instanceof Int16Array ? samples : toInt16(samples),
      }
    }
    at += 8 + size + (size % 2)
  }
  throw new VigiaError(
    'invalid_audio',
    `Expected a WAV file with a format and a data chunk, got ${format ? 'no data' : 'no format'}.`,
  )
}
