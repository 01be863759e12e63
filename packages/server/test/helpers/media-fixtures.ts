import { readFileSync } from 'node:fs'
import type { Encoding } from '@vigia/protocol'
import { type AudioDecoder, createDecoder, type Damage } from '../../src/media/decoder.ts'
import { OggOpusMuxer } from '../../src/media/ogg-mux.ts'
import { OpusEncoder } from '../../src/media/opus-encode.ts'
import { readWav } from '../../src/media/wav.ts'
import { concatBytes, concatSamples } from './signals.ts'
import { muxWebm } from './webm.ts'

/** The same 2.5 s of synthetic speech in every container; see `fixtures/media/ORIGIN.md`. */
export function mediaFixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`../fixtures/media/${name}`, import.meta.url)))
}

/** What all fixtures hold: 40 000 samples at 16 kHz. */
export function voice(): Int16Array {
  return readWav(mediaFixture('voice.wav')).samples
}

/** 16 kHz mono PCM16 as raw Opus packets. */
export function encodeOpus(samples: Int16Array, packetMs: 10 | 20 | 40 | 60 = 20): { packets: Uint8Array[]; preSkip: number } {
  using encoder = new OpusEncoder({ sampleRate: 16_000, packetMs, bitrate: 32_000 })
  return { packets: [...encoder.push(samples), ...encoder.end()], preSkip: encoder.preSkip }
}

/** 16 kHz mono PCM16 as Ogg/Opus. */
export function encodeOgg(samples: Int16Array, packetsPerPage = 1): Uint8Array {
  const { packets, preSkip } = encodeOpus(samples)
  const muxer = new OggOpusMuxer({ preSkip, packetMs: 20, packetsPerPage })
  const pages = [...muxer.begin(), ...packets.flatMap((packet) => muxer.push(packet)), ...muxer.end(samples.length / 16)]
  return concatBytes(pages)
}

/** 16 kHz mono PCM16 as WebM/Opus, one piece per cluster, as a browser would send it. */
export function encodeWebm(samples: Int16Array, packetMs: 20 | 60 = 60): Uint8Array[] {
  const { packets, preSkip } = encodeOpus(samples, packetMs)
  return muxWebm(packets, { packetMs, preSkip })
}

export interface Decoded {
  samples: Int16Array
  damage: Damage[]
}

/** Sends pieces through a decoder to the end. */
export async function decodePieces(encoding: Encoding, pieces: readonly Uint8Array[]): Promise<Decoded> {
  const decoder = await createDecoder({ encoding, sampleRate: 16_000, channels: 1 })
  try {
    return feed(decoder, pieces)
  } finally {
    decoder.free()
  }
}

function feed(decoder: AudioDecoder, pieces: readonly Uint8Array[]): Decoded {
  const parts = pieces.map((piece) => decoder.decode(piece))
  const samples = concatSamples([...parts, decoder.end()])
  return { samples, damage: decoder.takeDamage() }
}
