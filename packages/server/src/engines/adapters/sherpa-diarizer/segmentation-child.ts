import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../../host/serve.ts'
import { toFloats } from '../sherpa/floats.ts'
import type { SegmentationCalls } from './calls.ts'

/** Engine process of pyannote segmentation. Apart from sherpa-onnx, which brings another build of the same runtime. */

let segment: ((samples: Int16Array) => Promise<SegmentationCalls['segment']['result']>) | null = null

serveEngine<SegmentationCalls>({
  async load({ modelPath, threads }) {
    const ort = await importRuntime()
    const session = await ort.InferenceSession.create(modelPath, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionProviders: ['cpu'],
    })
    const [input] = session.inputNames
    const [output] = session.outputNames
    segment = async (samples) => {
      const floats = toFloats(samples)
      const results = await session.run({ [input!]: new ort.Tensor('float32', floats, [1, 1, floats.length]) })
      const { data, dims } = results[output!]!
      return { scores: data as Float32Array, classes: Number(dims.at(-1)) }
    }
    return undefined
  },
  segment({ samples }) {
    if (!segment) throw new VigiaError('diarization_failed', 'The model is not loaded.')
    return segment(samples)
  },
})

async function importRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    throw new VigiaError('engine_unavailable', 'The ONNX runtime (onnxruntime-node) cannot be loaded here.', {
      hint: 'Run "npm ci" without omitting optional packages.',
      cause,
    })
  }
}
