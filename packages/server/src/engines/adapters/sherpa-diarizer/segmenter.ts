import { VigiaError } from '@vigia/protocol'
import type { InstalledModel } from '../../../models/store.ts'
import { type EngineDeath, startEngineProcess } from '../../host/engine-process.ts'
import { verifyFile } from '../../host/verify-file.ts'
import { activityOf, powersetMasks } from '../../speakers/powerset.ts'
import { readOnnxMetadata } from '../sherpa/onnx-metadata.ts'
import type { SegmentationCalls } from './calls.ts'
import { guardVoices } from './guard-voices.ts'

/** Who speaks in a window of some seconds, by pyannote segmentation. */
export interface Segmenter extends AsyncDisposable {
  model: string
  windowSamples: number
  /** Samples from one frame to the next, and to the middle of the first. */
  frameShift: number
  frameOffset: number
  voices: number
  /** @param samples - one whole window; @returns per frame the voices as bits */
  activity(samples: Int16Array, signal: AbortSignal): Promise<Uint8Array>
}

const REQUIRED = [
  'sample_rate',
  'window_size',
  'receptive_field_size',
  'receptive_field_shift',
  'num_speakers',
  'powerset_max_classes',
  'num_classes',
]
const DEADLINE_MS = 30_000

/** @throws VigiaError `config_invalid`, `model_not_found`, `model_invalid`, `engine_unavailable` */
export async function openSegmenter(
  { entry, parts, expected }: InstalledModel,
  onDeath?: (death: EngineDeath) => void,
): Promise<Segmenter> {
  const modelPath = parts.model
  if (!modelPath) throw new VigiaError('config_invalid', `Model "${entry.id}" has no part "model".`)
  await verifyFile(modelPath, { bytes: expected[modelPath]?.bytes })
  const metadata = await readOnnxMetadata(modelPath)
  const missing = REQUIRED.filter((key) => !Number.isInteger(Number(metadata.get(key) ?? Number.NaN)))
  const fact = (key: string): number => Number(metadata.get(key))
  if (missing.length > 0 || fact('sample_rate') !== 16_000 || fact('powerset_max_classes') > 2)
    throw new VigiaError(
      'model_invalid',
      `${modelPath} is no segmentation model of the pyannote kind (${missing.join(', ') || 'other rate or classes'}).`,
      {
        hint: 'Take the export made for sherpa-onnx.',
      },
    )
  const engine = await startEngineProcess<SegmentationCalls>({
    entry: new URL('./segmentation-child.ts', import.meta.url),
    name: `segmentation ${entry.id}`,
    load: { method: 'load', params: { modelPath, threads: 1 } },
    ...(onDeath ? { onDeath } : {}),
  })
  const guard = guardVoices(engine)
  const masks = powersetMasks(fact('num_speakers'), fact('powerset_max_classes'))
  return {
    model: entry.id,
    windowSamples: fact('window_size'),
    frameShift: fact('receptive_field_shift'),
    frameOffset: fact('receptive_field_size') / 2,
    voices: fact('num_speakers'),
    async activity(samples, signal) {
      const call = () => engine.call('segment', { samples }, { deadlineMs: DEADLINE_MS, signal })
      const { scores, classes } = await guard.run(samples, signal, call)
      return activityOf(scores, classes, masks)
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}
