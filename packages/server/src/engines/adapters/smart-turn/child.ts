import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../../host/serve.ts'
import type { SmartTurnCalls } from './calls.ts'
import { BANDS, FRAMES, logMel } from './features.ts'

/** Engine process of the turn judge on onnxruntime-node. */

let run: ((features: Float32Array) => Promise<number>) | null = null

serveEngine<SmartTurnCalls>({
  async load({ modelPath, threads }) {
    const ort = await importRuntime()
    const session = await ort.InferenceSession.create(modelPath, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionProviders: ['cpu'],
    })
    const [input] = session.inputNames
    const [output] = session.outputNames
    if (session.inputNames.length !== 1 || !input || !output) {
      throw new VigiaError('model_invalid', `Expected one input of features, got: ${session.inputNames.join(', ')}.`)
    }
    run = async (features) => {
      const outputs = await session.run({ [input]: new ort.Tensor('float32', features, [1, BANDS, FRAMES]) })
      return Number((outputs[output]!.data as Float32Array)[0])
    }
    return undefined
  },
  async judge({ samples }) {
    if (!run) throw new VigiaError('internal', 'The model is not loaded.')
    const probability = await run(logMel(samples))
    if (!Number.isFinite(probability)) throw new VigiaError('internal', 'The model gave no number.')
    return Math.min(1, Math.max(0, probability))
  },
})

async function importRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    throw new VigiaError('engine_unavailable', 'The ONNX runtime for the turn judge (onnxruntime-node) cannot be loaded here.', {
      hint: 'Run "npm ci" without omitting optional packages.',
      cause,
    })
  }
}
