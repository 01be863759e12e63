/** The calls of the sherpa-onnx voice process. */

/** The part of `OfflineTtsConfig` that Vigía sets. */
export interface OfflineTtsConfig {
  model: {
    vits?: { model: string; tokens: string; dataDir: string; lexicon: string }
    kokoro?: { model: string; voices: string; tokens: string; dataDir: string; lang: string }
    supertonic?: Record<string, string>
    numThreads: number
    provider: 'cpu'
    debug: 0
  }
  maxNumSentences: 1
}

export interface GenerationRequest {
  text: string
  sid: number
  speed: number
  /** Supertonic: language of the text. */
  extra?: Record<string, string>
}

export interface SherpaTtsCalls {
  [method: string]: { params: unknown; result: unknown; part?: unknown }
  load: { params: { config: OfflineTtsConfig }; result: undefined }
  facts: { params: null; result: { sampleRate: number; speakers: number } }
  /** Parts: floats of full scale ±1, a sentence each. */
  generate: { params: GenerationRequest; result: undefined; part: Float32Array }
}
