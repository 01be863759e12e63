import { spawn } from 'node:child_process'
import path from 'node:path'
import { openTinyEs } from '../../packages/server/src/engines/adapters/embedded/tiny-es.ts'
import type { SherpaModel } from '../../packages/server/src/engines/adapters/sherpa/model.ts'
import { openSileroVad } from '../../packages/server/src/engines/adapters/silero/silero.ts'
import type { Asr } from '../../packages/server/src/engines/asr.ts'
import type { PcmChunk, Span } from '../../packages/server/src/engines/audio.ts'
import { DEFAULT_ENDPOINTING } from '../../packages/server/src/session/endpointing.ts'
import { scanSpeech } from '../../packages/server/src/session/speech-scan.ts'
import type { RawJob } from './raw-sherpa.ts'
import { dialogue } from './recordings.ts'
import { median } from './stats.ts'

/** The engines of the embedded profile without Vigía around them: what the pipeline is compared with. */

const TINY_DIR = path.join(import.meta.dirname, '../../models/tiny-es-asr')

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

/** sherpa-onnx-node alone, see `raw-sherpa.ts`: every window through its voice detector, every utterance through its recognizer. */
export async function rawRun(job: RawJob): Promise<{ wallMs: number; cpuMs: number }> {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'raw-sherpa.ts')], { stdio: ['pipe', 'pipe', 'ignore'] })
  child.stdin.end(JSON.stringify(job))
  const chunks: Buffer[] = []
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString()) as { wallMs: number; cpuMs: number }
}

/** The recognizer of the embedded profile. */
export const TINY: SherpaModel = {
  id: 'tiny-es',
  files: { family: 'nemo_ctc', model: path.join(TINY_DIR, 'model.int8.onnx') },
  tokens: path.join(TINY_DIR, 'tokens.txt'),
  languages: ['es'],
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
