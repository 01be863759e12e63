import type { SherpaModel } from './model.ts'

/** The part of sherpa-onnx-node's `OfflineRecognizerConfig` that Vigía sets (the package has no types of its own). */
export interface OfflineRecognizerConfig {
  featConfig: { sampleRate: 16000; featureDim: number }
  modelConfig: {
    tokens: string
    numThreads: number
    provider: 'cpu'
    debug: 0
    modelType?: string
    modelingUnit?: 'bpe'
    bpeVocab?: string
    nemoCtc?: { model: string }
    zipformerCtc?: { model: string }
    senseVoice?: { model: string; language: string; useInverseTextNormalization: 1 }
    transducer?: { encoder: string; decoder: string; joiner: string }
    whisper?: { encoder: string; decoder: string; language: string; task: 'transcribe'; tailPaddings: number }
    canary?: { encoder: string; decoder: string; srcLang: string; tgtLang: string; usePnc: 1 }
    moonshine?: { preprocessor: string; encoder: string; uncachedDecoder: string; cachedDecoder: string }
  }
  decodingMethod: 'greedy_search' | 'modified_beam_search'
  maxActivePaths?: number
}

/** Frames of silence that Whisper is given after the audio: the library's own default. */
const WHISPER_TAIL_PADDING = 1000

/** The recognizer configuration of a model. The family is chosen by which part is filled. */
export function recognizerConfig(model: SherpaModel): OfflineRecognizerConfig {
  return {
    featConfig: { sampleRate: 16000, featureDim: model.featureDim ?? 80 },
    modelConfig: {
      tokens: model.tokens,
      numThreads: model.threads ?? 1,
      provider: 'cpu',
      debug: 0,
      ...familyConfig(model),
      ...(takesHotwords(model) ? { modelingUnit: 'bpe' as const, bpeVocab: model.bpeVocab! } : {}),
    },
    // Hotwords need the beam; without them greedy search is as good and faster.
    ...(takesHotwords(model)
      ? { decodingMethod: 'modified_beam_search' as const, maxActivePaths: 4 }
      : { decodingMethod: 'greedy_search' as const }),
  }
}

/** Only transducers take hotwords, and only with the pieces they spell by. */
export const takesHotwords = ({ files, bpeVocab }: SherpaModel): boolean =>
  files.family === 'transducer' && bpeVocab !== undefined

function familyConfig({ files, language = '' }: SherpaModel): Partial<OfflineRecognizerConfig['modelConfig']> {
  switch (files.family) {
    case 'nemo_ctc':
      return { nemoCtc: { model: files.model } }
    case 'zipformer_ctc':
      return { zipformerCtc: { model: files.model } }
    case 'sense_voice':
      return { senseVoice: { model: files.model, language: language || 'auto', useInverseTextNormalization: 1 } }
    case 'transducer':
      return { transducer: pick(files) }
    case 'nemo_transducer':
      return { transducer: pick(files), modelType: 'nemo_transducer' }
    case 'whisper': {
      const { encoder, decoder } = files
      return { whisper: { encoder, decoder, language, task: 'transcribe', tailPaddings: WHISPER_TAIL_PADDING } }
    }
    case 'canary': {
      const { encoder, decoder } = files
      return { canary: { encoder, decoder, srcLang: language, tgtLang: language, usePnc: 1 } }
    }
    case 'moonshine': {
      const { preprocessor, encoder, uncachedDecoder, cachedDecoder } = files
      return { moonshine: { preprocessor, encoder, uncachedDecoder, cachedDecoder } }
    }
  }
}

const pick = ({ encoder, decoder, joiner }: { encoder: string; decoder: string; joiner: string }) => ({
  encoder,
  decoder,
  joiner,
})
