import { createRequire } from 'node:module'
import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../../host/serve.ts'
import { toFloats } from '../sherpa/floats.ts'
import type { EmbeddingCalls } from './calls.ts'

/** Engine process of the voice embeddings of sherpa-onnx-node. */

interface Stream {
  acceptWaveform(wave: { sampleRate: number; samples: Float32Array }): void
  inputFinished(): void
}
/** The part of the library used here; it comes without types. */
interface Extractor {
  dim: number
  createStream(): Stream
  isReady(stream: Stream): boolean
  compute(stream: Stream, enableExternalBuffer: boolean): Float32Array
}
interface Sherpa {
  SpeakerEmbeddingExtractor: new (config: { model: string; numThreads: number; debug: 0; provider: 'cpu' }) => Extractor
}

let extractor: Extractor | null = null

serveEngine<EmbeddingCalls>({
  load({ modelPath, threads }) {
    const { SpeakerEmbeddingExtractor } = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa
    extractor = new SpeakerEmbeddingExtractor({ model: modelPath, numThreads: threads, debug: 0, provider: 'cpu' })
    return { dimension: extractor.dim }
  },
  embed({ samples }) {
    if (!extractor) throw new VigiaError('diarization_failed', 'The model is not loaded.')
    const stream = extractor.createStream()
    stream.acceptWaveform({ sampleRate: 16_000, samples: toFloats(samples) })
    stream.inputFinished()
    return { embedding: extractor.isReady(stream) ? extractor.compute(stream, false) : null }
  },
})
