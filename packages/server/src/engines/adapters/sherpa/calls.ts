import type { OfflineRecognizerConfig } from './config.ts'
import type { TokenResult } from './words.ts'

/** The calls of the sherpa-onnx recognizer process. */
export type SherpaCalls = {
  load: { params: { config: OfflineRecognizerConfig }; result: undefined }
  /** 16 kHz mono. */
  decode: { params: { samples: Int16Array }; result: TokenResult }
}
