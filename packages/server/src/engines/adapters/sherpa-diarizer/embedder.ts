import { VigiaError } from '@vigia/protocol'
import type { InstalledModel } from '../../../models/store.ts'
import { SAMPLE_RATE } from '../../audio.ts'
import { type EngineDeath, startEngineProcess } from '../../host/engine-process.ts'
import { verifyFile } from '../../host/verify-file.ts'
import type { SpeakerEmbedder } from '../../speaker-embedder.ts'
import { unit } from '../../speakers/vectors.ts'
import { readOnnxMetadata } from '../sherpa/onnx-metadata.ts'
import type { EmbeddingCalls } from './calls.ts'
import { guardVoices } from './guard-voices.ts'

/** Voice embeddings by sherpa-onnx (TitaNet, CAM++, WeSpeaker) in a process of their own. */

/** Metadata without which the library ends its process. */
const REQUIRED = ['framework', 'sample_rate', 'output_dim']
const FRAMEWORKS = new Set(['nemo', 'wespeaker', '3d-speaker'])
/** More of one voice tells no more and costs memory. */
const MAX_SAMPLES = 8 * SAMPLE_RATE
const MIN_SAMPLES = SAMPLE_RATE / 4
const DEADLINE_MS = 30_000

/** @throws VigiaError `config_invalid`, `model_not_found`, `model_invalid`, `engine_unavailable` */
export async function openEmbedder(
  { entry, parts, expected }: InstalledModel,
  onDeath?: (death: EngineDeath) => void,
): Promise<SpeakerEmbedder> {
  const modelPath = parts.model
  if (!modelPath) throw new VigiaError('config_invalid', `Model "${entry.id}" has no part "model".`)
  await verifyFile(modelPath, { bytes: expected[modelPath]?.bytes })
  const metadata = await readOnnxMetadata(modelPath)
  const missing = REQUIRED.filter((key) => !metadata.has(key))
  if (missing.length > 0 || !FRAMEWORKS.has(metadata.get('framework')!))
    throw new VigiaError(
      'model_invalid',
      `${modelPath} is no speaker embedding model for sherpa-onnx (${missing.join(', ') || metadata.get('framework')}).`,
      {
        hint: 'Take the export made for sherpa-onnx.',
      },
    )
  const threads = typeof entry.settings.threads === 'number' ? entry.settings.threads : 1
  const engine = await startEngineProcess<EmbeddingCalls>({
    entry: new URL('./embedding-child.ts', import.meta.url),
    name: `embedding ${entry.id}`,
    load: { method: 'load', params: { modelPath, threads } },
    env: { OMP_NUM_THREADS: String(threads) },
    ...(onDeath ? { onDeath } : {}),
  })
  const guard = guardVoices(engine)
  const number = (name: string, fallback: number): number =>
    typeof entry.settings[name] === 'number' ? entry.settings[name] : fallback
  return {
    id: 'sherpa',
    model: entry.id,
    dimension: Number(metadata.get('output_dim')),
    thresholds: {
      mergeDistance: number('mergeDistance', 0.6),
      matchSimilarity: number('matchSimilarity', 0.6),
      matchMargin: number('matchMargin', 0.08),
    },
    async embed(samples, signal) {
      if (samples.length < MIN_SAMPLES) return null
      const params = { samples: samples.subarray(0, MAX_SAMPLES) }
      const call = () => engine.call('embed', params, { deadlineMs: DEADLINE_MS, signal })
      const { embedding } = await guard.run(params.samples, signal, call)
      // Some voices of silence come out as no numbers at all.
      return embedding ? unit(embedding) : null
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}
