import { createRequire } from 'node:module'
import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../../host/serve.ts'
import { toFloats } from '../sherpa/floats.ts'
import type { TokenResult } from '../sherpa/words.ts'
import { BatchDecoder } from './batch-decoder.ts'
import type { StreamingCalls } from './calls.ts'
import type { OnlineRecognizerConfig } from './config.ts'

/** Engine process of the streaming recognizers of sherpa-onnx-node. */

/** The part of the library used here; it comes without types. */
interface Sherpa {
  OnlineRecognizer: new (config: OnlineRecognizerConfig) => Recognizer
}
interface Stream {
  acceptWaveform(wave: { sampleRate: number; samples: Float32Array }): void
  inputFinished(): void
  setOption(key: string, value: string): void
}
interface Recognizer {
  createStream(): Stream
  isReady(stream: Stream): boolean
  decodeStreams(streams: Stream[]): void
  getResult(stream: Stream): { text: string; tokens: string[]; timestamps: number[]; ys_probs?: number[] }
}

/** Silence behind the last sample, so that the last chunk is decoded: more than any model's chunk and look-ahead. */
const TAIL_MS = 1500
/** Utterances that may be open at once; more are a leak of the gateway. */
const MAX_STREAMS = 1000

let recognizer: Recognizer | null = null
let batches: BatchDecoder<Stream> | null = null
const streams = new Map<number, Stream>()

serveEngine<StreamingCalls>({
  load({ config }) {
    const { OnlineRecognizer } = createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa
    const opened = new OnlineRecognizer(config)
    recognizer = opened
    batches = new BatchDecoder({ isReady: (stream) => opened.isReady(stream), decodeAll: (all) => opened.decodeStreams(all) })
    return undefined
  },
  async feed({ stream: id, first, samples, language }) {
    const stream = first ? open(id, language) : known(id)
    accept(stream, samples)
    await batches!.settle(stream)
    return result(stream)
  },
  async finish({ stream: id }) {
    const stream = known(id)
    accept(stream, new Int16Array((TAIL_MS * 16_000) / 1000))
    stream.inputFinished()
    await batches!.settle(stream)
    streams.delete(id)
    return result(stream)
  },
  close({ stream }) {
    streams.delete(stream)
    return undefined
  },
  stats: () => ({ calls: batches?.calls ?? 0, streams: batches?.streams ?? 0 }),
})

function open(id: number, language?: string): Stream {
  if (!recognizer) throw new VigiaError('asr_failed', 'The model is not loaded.')
  if (streams.size >= MAX_STREAMS) throw new VigiaError('engine_unavailable', `${streams.size} utterances are open already.`)
  const stream = recognizer.createStream()
  if (language) stream.setOption('language', language)
  streams.set(id, stream)
  return stream
}

/** A process that died between two calls has lost what it heard: the gateway must tell it again. */
function known(id: number): Stream {
  const stream = streams.get(id)
  if (stream) return stream
  throw new VigiaError('engine_crashed', 'The utterance is not known here: this process was started again.')
}

function accept(stream: Stream, samples: Int16Array): void {
  stream.acceptWaveform({ sampleRate: 16_000, samples: toFloats(samples) })
}

function result(stream: Stream): TokenResult {
  const { text, tokens, timestamps, ys_probs } = recognizer!.getResult(stream)
  return { text, tokens, timestamps, ...(ys_probs ? { ys_log_probs: ys_probs } : {}) }
}
