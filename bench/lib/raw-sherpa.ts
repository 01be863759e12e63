import { createRequire } from 'node:module'
import path from 'node:path'
import { recognizerConfig } from '../../packages/server/src/engines/adapters/sherpa/config.ts'
import { toFloats } from '../../packages/server/src/engines/adapters/sherpa/floats.ts'
import type { SherpaModel } from '../../packages/server/src/engines/adapters/sherpa/model.ts'
import type { Span } from '../../packages/server/src/engines/audio.ts'
import { dialogueOf } from './recordings.ts'

/**
 * A program that uses sherpa-onnx-node and nothing else: its voice detector over every window, its recognizer over every
 * utterance, one after the other in one process. A process of its own, started by `raw-engines.ts`: prints its CPU and time.
 */

export interface RawJob {
  audioMs: number
  model: SherpaModel
  /** What is decoded: the same utterances as everywhere. */
  spans: readonly Span[]
}

/** The part of the library used here; it comes without types. */
interface Sherpa {
  Vad: new (
    config: object,
    bufferSeconds: number,
  ) => { acceptWaveform(samples: Float32Array): void; isEmpty(): boolean; pop(): void; flush(): void }
  OfflineRecognizer: {
    createAsync(config: object): Promise<{
      createStream(): { acceptWaveform(wave: { sampleRate: number; samples: Float32Array }): void }
      decodeAsync(stream: unknown): Promise<{ text: string }>
    }>
  }
}

const WINDOW = 512
const serverRequire = createRequire(path.join(import.meta.dirname, '../../packages/server/src/app.ts'))

/** @returns what it took, model load left out, ms */
async function run({ audioMs, model, spans }: RawJob): Promise<{ cpuMs: number; wallMs: number; found: number }> {
  const sherpa = serverRequire('sherpa-onnx-node') as Sherpa
  const silero = serverRequire.resolve('@ricky0123/vad-web/dist/silero_vad_v6.onnx')
  const bytes = dialogueOf(audioMs)
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 1)
  const sileroVad = { model: silero, threshold: 0.5, minSilenceDuration: 0.8, minSpeechDuration: 0.16, windowSize: WINDOW }
  const vad = new sherpa.Vad({ sileroVad, sampleRate: 16_000, numThreads: 1, debug: 0 }, 60)
  const recognizer = await sherpa.OfflineRecognizer.createAsync(recognizerConfig(model))
  const [cpu, begin] = [process.cpuUsage(), performance.now()]
  let found = 0
  for (let at = 0; at + WINDOW <= samples.length; at += WINDOW) {
    vad.acceptWaveform(toFloats(samples.subarray(at, at + WINDOW)))
    for (; !vad.isEmpty(); vad.pop()) found += 1
  }
  vad.flush()
  for (; !vad.isEmpty(); vad.pop()) found += 1
  for (const { startMs, endMs } of spans) {
    const stream = recognizer.createStream()
    stream.acceptWaveform({ sampleRate: 16_000, samples: toFloats(samples.subarray(startMs * 16, endMs * 16)) })
    await recognizer.decodeAsync(stream)
  }
  const { user, system } = process.cpuUsage(cpu)
  return { cpuMs: (user + system) / 1000, wallMs: performance.now() - begin, found }
}

if (import.meta.main) {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
  console.log(JSON.stringify(await run(JSON.parse(Buffer.concat(chunks).toString()) as RawJob)))
  process.exit(0)
}
