import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { wordErrorRate } from '../src/analysis/metrics/wer.ts'
import { encodeAlaw, encodeMulaw } from '../src/media/g711.ts'
import { resample } from '../src/media/resample.ts'
import { int16ToBytes } from '../src/media/sample-format.ts'
import { writeWav } from '../src/media/wav.ts'
import { dialogueReference, fixtureSamples } from './helpers/audio.ts'
import { LiveClient } from './helpers/live-client.ts'
import { encodeOgg, encodeOpus, encodeWebm } from './helpers/media-fixtures.ts'
import { startTestServer } from './helpers/test-server.ts'

/**
 * The same dialogue in every encoding. The recognizer's own figure for it is 1.8 % of words wrong; lossy codecs and the
 * telephone band (half of the recognizer's) may add what the bounds say.
 */
const MAX_WER = { lossless: 0.06, codec: 0.1, telephone: 0.2 }

const samples = fixtureSamples('es-dialogo')
const reference = dialogueReference()
  .turns.map((turn) => turn.text)
  .join(' ')

function stereo48k(): Uint8Array {
  const mono = resample(samples, 16000, 48000)
  const both = new Int16Array(mono.length * 2)
  for (let i = 0; i < mono.length; i++) {
    both[2 * i] = mono[i]!
    both[2 * i + 1] = mono[i]!
  }
  return int16ToBytes(both)
}

const float32 = (): Uint8Array => new Uint8Array(Float32Array.from(samples, (sample) => sample / 32768).buffer)
const narrow = (): Int16Array => resample(samples, 16000, 8000)

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => server[Symbol.asyncDispose]())

type Format = Parameters<LiveClient['open']>[0]

async function transcribe(format: Format, pieces: Iterable<Uint8Array>): Promise<{ text: string; duration: number }> {
  await using client = await LiveClient.connect(server.url)
  await client.open({ ...format, results: 'end', analyze: false, diarize: false })
  for (const piece of pieces) client.raw(piece)
  client.send({ type: 'end_of_stream' })
  return await client.next('final_result', 0, 60_000) // awaited here, before the socket is closed
}

/** Cuts like a network does: never where the format would like it. */
function* cut(bytes: Uint8Array, size = 4099): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

describe('the same dialogue in every encoding gives nearly the same text', () => {
  it.each<[string, Format, () => Iterable<Uint8Array>, number]>([
    ['pcm16 16 kHz', { encoding: 'pcm16' }, () => cut(int16ToBytes(samples)), MAX_WER.lossless],
    ['pcm16 48 kHz stereo', { encoding: 'pcm16', sample_rate: 48000, channels: 2 }, () => cut(stereo48k()), MAX_WER.lossless],
    ['pcm_f32 16 kHz', { encoding: 'pcm_f32' }, () => cut(float32()), MAX_WER.lossless],
    ['wav', { encoding: 'wav' }, () => cut(writeWav(samples, 16000)), MAX_WER.lossless],
    ['mulaw 8 kHz', { encoding: 'mulaw', sample_rate: 8000 }, () => cut(encodeMulaw(narrow())), MAX_WER.telephone],
    ['alaw 8 kHz', { encoding: 'alaw', sample_rate: 8000 }, () => cut(encodeAlaw(narrow())), MAX_WER.telephone],
    ['raw Opus packets', { encoding: 'opus' }, () => encodeOpus(samples).packets, MAX_WER.codec],
    ['Ogg/Opus', { encoding: 'ogg_opus' }, () => cut(encodeOgg(samples)), MAX_WER.codec],
    ['WebM/Opus', { encoding: 'webm_opus' }, () => encodeWebm(samples), MAX_WER.codec],
  ])('%s', async (_name, format, pieces, bound) => {
    const { text, duration } = await transcribe(format, pieces())
    expect(Math.abs(duration - samples.length / 16000)).toBeLessThan(0.1)
    expect(wordErrorRate(reference, text)).toBeLessThanOrEqual(bound)
  })
})
