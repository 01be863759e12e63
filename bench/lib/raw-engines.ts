import { openTinyEs } from '../../packages/server/src/engines/adapters/embedded/tiny-es.ts'
import { openSileroVad } from '../../packages/server/src/engines/adapters/silero/silero.ts'
import type { Asr } from '../../packages/server/src/engines/asr.ts'
import type { PcmChunk, Span } from '../../packages/server/src/engines/audio.ts'
import { DEFAULT_ENDPOINTING } from '../../packages/server/src/session/endpointing.ts'
import { scanSpeech } from '../../packages/server/src/session/speech-scan.ts'
import { dialogue } from './recordings.ts'
import { median } from './stats.ts'
import { cpuOfTree } from './usage.ts'

/** The engines of the embedded profile without Vigía around them: what the pipeline is compared with. */

const VAD_PIECE = 512 * 312 // ten seconds

export const samplesOf = (bytes: Uint8Array): Int16Array => new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1)

const at16k = (ms: number): number => Math.round(ms * 16)

/** Where speech is; found before any clock runs. */
export async function spansOf(bytes: Uint8Array): Promise<Span[]> {
  const samples = samplesOf(bytes)
  await using vad = await openSileroVad()
  const recording = {
    durationMs: samples.length / 16,
    read: async (startMs: number, endMs: number) => samples.subarray(at16k(startMs), at16k(endMs)),
  }
  return await scanSpeech(recording, vad, DEFAULT_ENDPOINTING, new AbortController().signal, () => {})
}

/** Every window through the voice detector, every utterance through the recognizer, two at a time; nothing else. */
export async function rawRun(bytes: Uint8Array, spans: readonly Span[]): Promise<{ wallMs: number; cpuMs: number }> {
  const samples = samplesOf(bytes)
  await using vad = await openSileroVad()
  await using asr = await openTinyEs()
  const before = cpuOfTree(process.pid)
  const begin = performance.now()
  using stream = vad.open()
  for (let at = 0; at + 512 <= samples.length; at += VAD_PIECE) {
    const piece = samples.subarray(at, at + VAD_PIECE)
    await stream.score(piece.subarray(0, piece.length - (piece.length % 512)))
  }
  const queue = spans.values()
  const work = async (): Promise<void> => {
    for (const span of queue) await decode(asr, samples, span)
  }
  await Promise.all([work(), work()])
  const wallMs = performance.now() - begin
  const after = cpuOfTree(process.pid)
  return { wallMs, cpuMs: after.own - before.own + after.below - before.below }
}

/** The recognizer's own time for one utterance of the dialogue, median. */
export async function recognizerMs(): Promise<number> {
  const bytes = dialogue()
  const spans = await spansOf(bytes)
  const samples = samplesOf(bytes)
  await using asr = await openTinyEs()
  await decode(asr, samples, spans[0]!)
  const times: number[] = []
  for (const span of spans) {
    const begin = performance.now()
    await decode(asr, samples, span)
    times.push(performance.now() - begin)
  }
  return median(times)
}

async function decode(asr: Asr, samples: Int16Array, { startMs, endMs }: Span): Promise<void> {
  async function* audio(): AsyncIterable<PcmChunk> {
    yield { samples: samples.subarray(at16k(startMs), at16k(endMs)), startMs }
  }
  for await (const _ of asr.transcribe(audio(), { language: 'es', purpose: 'final' }, new AbortController().signal));
}
