import type { LiveConfig } from './options.ts'

const SAMPLE_BYTES: Readonly<Record<string, number>> = { pcm16: 2, pcm_f32: 4, mulaw: 1, alaw: 1 }
/** Length of the Opus packets this client makes. */
export const OPUS_PACKET_MS = 20
/** Bytes per second taken for containers, whose length only decoding tells: 32 kbit/s. */
const GUESSED_BYTES_PER_S = 4000

/** Milliseconds of encoded audio: exact for samples and our own Opus packets, a guess for containers. */
export function durationOf({
  encoding = 'pcm16',
  sample_rate = 16_000,
  channels = 1,
}: LiveConfig): (bytes: Uint8Array) => number {
  const sampleBytes = SAMPLE_BYTES[encoding]
  if (sampleBytes !== undefined) return (bytes) => (bytes.length * 1000) / (sampleBytes * sample_rate * channels)
  if (encoding === 'opus') return () => OPUS_PACKET_MS
  return (bytes) => (bytes.length * 1000) / GUESSED_BYTES_PER_S
}
