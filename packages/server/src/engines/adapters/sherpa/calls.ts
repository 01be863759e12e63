import type { OfflineRecognizerConfig } from './config.ts'
import type { TokenResult } from './words.ts'

/** The calls of the sherpa-onnx recognizer process. */
export type SherpaCalls = {
  load: { params: { config: OfflineRecognizerConfig }; result: undefined }
  /**
   * 16 kHz mono. `config`: the recognizer as it must be set for this utterance, for families that are opened for one
   * language. `hotwords` are separated by `/`.
   */
  decode: { params: { samples: Int16Array; config?: OfflineRecognizerConfig; hotwords?: string }; result: TokenResult }
}
