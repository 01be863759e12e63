import type { InstalledModel } from '../../../models/store.ts'

/** What Vigía sets of sherpa-onnx-node's `OnlineRecognizerConfig`; endpoints are the session's own. */
export interface OnlineRecognizerConfig {
  featConfig: { sampleRate: 16000; featureDim: number }
  modelConfig: {
    tokens: string
    numThreads: number
    provider: 'cpu'
    debug: 0
    transducer?: { encoder: string; decoder: string; joiner: string }
    zipformer2Ctc?: { model: string }
    nemoCtc?: { model: string }
  }
  decodingMethod: 'greedy_search'
  enableEndpoint: 0
}

/** Files of a streaming model; paths are absolute. */
export type StreamingFiles =
  | { family: 'transducer'; encoder: string; decoder: string; joiner: string }
  | { family: 'zipformer2_ctc' | 'nemo_ctc'; model: string }

export interface StreamingModel {
  id: string
  files: StreamingFiles
  tokens: string
  languages: readonly string[] | 'any'
  punctuation: boolean
  /** Takes the language of each stream (Nemotron multilingual). */
  languageOption: boolean
  featureDim: number
  threads: number
  expected: InstalledModel['expected']
}

export function onlineConfig({ files, tokens, featureDim, threads }: StreamingModel): OnlineRecognizerConfig {
  return {
    featConfig: { sampleRate: 16000, featureDim },
    modelConfig: {
      tokens,
      numThreads: threads,
      provider: 'cpu',
      debug: 0,
      ...(files.family === 'transducer'
        ? { transducer: { encoder: files.encoder, decoder: files.decoder, joiner: files.joiner } }
        : files.family === 'nemo_ctc'
          ? { nemoCtc: { model: files.model } }
          : { zipformer2Ctc: { model: files.model } }),
    },
    // The package for Node gives a stream no hotwords of its own, so there is nothing that a beam would be for.
    decodingMethod: 'greedy_search',
    enableEndpoint: 0,
  }
}
