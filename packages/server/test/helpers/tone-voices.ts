import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import type { ConfigInput } from '../../src/config/schema.ts'
import { toneEmbeddingModel, toneSegmentationModel } from '../../src/engines/adapters/sherpa/testing/onnx-writer.ts'
import type { Asr } from '../../src/engines/asr.ts'
import { VAD_WINDOW, type Vad } from '../../src/engines/vad.ts'
import { tone } from './signals.ts'
import { startTestServer } from './test-server.ts'

/** A server whose diarizer runs generated models in real engine processes: a low and a high tone are two voices. */

export const lowVoice = (ms: number): Int16Array => tone(300, 16_000, ms)
export const highVoice = (ms: number): Int16Array => tone(5000, 16_000, ms)

/** @param heard - what the recognizer writes for each utterance */
export async function startToneServer(
  config: ConfigInput = {},
  { heard = 'bueno' } = {},
): Promise<Awaited<ReturnType<typeof startTestServer>>> {
  const modelsDir = await mkdtemp(path.join(os.tmpdir(), 'vigia-tones-'))
  await addModel(modelsDir, 'seg', 'segmentation', toneSegmentationModel())
  await addModel(modelsDir, 'emb', 'embedding', toneEmbeddingModel(), { mergeDistance: 0.3 })
  const server = await startTestServer(
    { modelsDir, engines: { diarizer: { adapter: 'sherpa', segmentation: 'seg', embedding: 'emb' } }, ...config },
    {
      wrapEngines: (engines) => ({
        ...engines,
        vad: loudVad,
        liveAsr: wordAsr(engines.liveAsr, heard),
        finalAsr: wordAsr(engines.finalAsr, heard),
      }),
    },
  )
  return Object.assign(Object.create(server) as typeof server, {
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]()
      await rm(modelsDir, { recursive: true, force: true })
    },
  })
}

/** Tones are no speech to the real detector. */
export const loudVad: Vad = {
  id: 'loud',
  model: 'none',
  open: () => ({
    async score(windows) {
      const loud = (at: number): boolean =>
        windows.subarray(at * VAD_WINDOW, (at + 1) * VAD_WINDOW).some((x) => Math.abs(x) > 500)
      return Float32Array.from({ length: windows.length / VAD_WINDOW }, (_, at) => (loud(at) ? 1 : 0))
    },
    [Symbol.dispose]() {},
  }),
  async [Symbol.asyncDispose]() {},
}

/** Hears the same in each utterance. */
function wordAsr(asr: Asr, text: string): Asr {
  return {
    ...asr,
    async *transcribe(audio) {
      let from = -1
      let endMs = 0
      for await (const { samples, startMs } of audio) {
        if (from < 0) from = startMs
        endMs = startMs + samples.length / 16
      }
      if (from >= 0) yield { type: 'final', text, words: [], startMs: from, endMs }
    },
  }
}

/** A model of one file, as a user would put it into the model folder. */
export async function addModel(modelsDir: string, id: string, role: string, onnx: Uint8Array, settings = {}): Promise<void> {
  await mkdir(path.join(modelsDir, id), { recursive: true })
  const license = { name: 'own', commercial: true }
  const parts = { model: 'model.onnx' }
  const entry = { id, title: id, role, family: 'test', languages: 'any', license, parts, ramMb: 1, settings }
  await writeFile(path.join(modelsDir, id, 'model.json'), JSON.stringify(entry))
  await writeFile(path.join(modelsDir, id, 'model.onnx'), onnx)
}
