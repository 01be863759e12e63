import { type Encoding, VigiaError } from '@vigia/protocol'
import { createDecoder } from '../../media/decoder.ts'
import { describeContainer, SNIFF_BYTES, sniff } from '../../media/sniff.ts'

/** A whole recording that came in a request: told by its bytes, not by its name or type. */

export interface AudioUpload {
  bytes: Uint8Array
  /** Raw samples have no header: what the client says of them. Containers are told by their bytes. */
  raw?: { encoding: Encoding; sampleRate: number; channels: number } | undefined
}

export interface KnownAudio {
  encoding: Encoding
  sampleRate: number
  channels: number
}

/** Enough to see whether a stream begins as its container says. */
const HEAD_BYTES = 64 * 1024

/**
 * What the bytes are; raw where the client says so and no container is recognized.
 *
 * @throws VigiaError `invalid_audio`, `unsupported_codec`, `invalid_audio_format`
 */
export async function inspectAudio({ bytes, raw }: AudioUpload): Promise<KnownAudio> {
  if (bytes.length === 0) throw new VigiaError('invalid_audio', 'Expected audio, got 0 bytes.')
  const encoding = containerOf(bytes)
  if (!encoding && !raw) throw unknownAudio(bytes)
  const format = encoding ? { encoding, sampleRate: 16_000, channels: 1 } : raw!
  const decoder = await createDecoder(format)
  try {
    decoder.decode(bytes.subarray(0, HEAD_BYTES))
  } finally {
    decoder.free()
  }
  return format
}

/** 16 kHz mono samples of a whole upload. @throws VigiaError `invalid_audio`, `unsupported_codec` */
export async function decodeAudio(upload: AudioUpload): Promise<Int16Array> {
  const decoder = await createDecoder(await inspectAudio(upload))
  try {
    const parts: Int16Array[] = []
    for (let at = 0; at < upload.bytes.length; at += HEAD_BYTES)
      parts.push(decoder.decode(upload.bytes.subarray(at, at + HEAD_BYTES)))
    parts.push(decoder.end())
    return joinSamples(parts)
  } finally {
    decoder.free()
  }
}

export function joinSamples(parts: readonly Int16Array[]): Int16Array {
  const all = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

/** Null when the bytes are of no container that this server decodes. */
export function containerOf(bytes: Uint8Array): Encoding | null {
  const container = sniff(bytes.subarray(0, SNIFF_BYTES))
  if (container === 'webm') return 'webm_opus'
  return container === 'wav' || container === 'ogg_opus' || container === 'flac' || container === 'mp3' ? container : null
}

export function unknownAudio(bytes: Uint8Array): VigiaError {
  const container = sniff(bytes.subarray(0, SNIFF_BYTES))
  const known = container !== 'unknown'
  return new VigiaError(
    known ? 'unsupported_codec' : 'invalid_audio',
    `Expected WAV, FLAC, MP3, Ogg/Opus or WebM/Opus, got ${describeContainer(container)}.`,
  )
}
