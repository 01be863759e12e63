import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../../host/serve.ts'
import type { SileroCalls } from './calls.ts'
import { type Step, scoreBatch } from './scorer.ts'

/** Engine process of Silero VAD on onnxruntime-node. */

let step: Step | null = null

serveEngine<SileroCalls>({
  async load({ modelPath, threads }) {
    const ort = await importRuntime()
    const session = await openSession(ort, modelPath, threads)
    const sampleRate = new ort.Tensor('int64', BigInt64Array.of(16000n), [])
    step = async (input, state, streams) => {
      const { output, stateN } = await session.run({
        input: new ort.Tensor('float32', input, [streams, input.length / streams]),
        state: new ort.Tensor('float32', state, [2, streams, state.length / streams / 2]),
        sr: sampleRate,
      })
      return { output: output!.data as Float32Array, state: stateN!.data as Float32Array }
    }
    return undefined
  },
  async score(batch) {
    if (!step) throw new VigiaError('vad_failed', 'The model is not loaded.')
    return scoreBatch(batch, step)
  },
})

async function openSession(ort: typeof import('onnxruntime-node'), modelPath: string, threads: number) {
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1, executionProviders: ['cpu'] }
  try {
    const session = await ort.InferenceSession.create(modelPath, options)
    if (['input', 'state', 'sr'].every((name) => session.inputNames.includes(name))) return session
    throw new Error(`expected the inputs input, state and sr, got ${session.inputNames.join(', ')}`)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw new VigiaError('model_invalid', `${modelPath} is no Silero model of version 5 or 6: ${text.slice(0, 200)}`, {
      hint: 'Leave the setting out to take the one that comes with Vigía.',
      cause,
    })
  }
}

async function importRuntime(): Promise<typeof import('onnxruntime-node')> {
  try {
    return await import('onnxruntime-node')
  } catch (cause) {
    throw new VigiaError('engine_unavailable', 'The ONNX runtime for voice detection (onnxruntime-node) cannot be loaded here.', {
      hint: 'Run "npm ci" without omitting optional packages; it needs x64 or arm64 Linux with glibc, macOS or Windows.',
      cause,
    })
  }
}
