import { createRequire } from 'node:module'
import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../../host/serve.ts'
import type { SherpaCalls } from './calls.ts'
import type { OfflineRecognizerConfig } from './config.ts'
import { toFloats } from './floats.ts'
import { SharedSetting } from './shared-setting.ts'
import type { TokenResult } from './words.ts'

/** Engine process of the offline recognizers of sherpa-onnx-node. */

/** The part of the library used here; it comes without types. */
interface Sherpa {
  OfflineRecognizer: { createAsync(config: OfflineRecognizerConfig): Promise<Recognizer> }
}
interface Recognizer {
  setConfig(config: OfflineRecognizerConfig): void
  createStream(hotwords?: string): { acceptWaveform(wave: { sampleRate: number; samples: Float32Array }): void }
  decodeAsync(stream: unknown): Promise<TokenResult>
}

let recognizer: Recognizer | null = null
const settings = new SharedSetting<OfflineRecognizerConfig>((config) => recognizer?.setConfig(config))

serveEngine<SherpaCalls>({
  async load({ config }) {
    const { OfflineRecognizer } = importSherpa()
    recognizer = await OfflineRecognizer.createAsync(config).catch((cause: Error) => {
      throw new VigiaError('model_invalid', `The speech library refused the model: ${cause.message.slice(0, 300)}`, {
        hint: 'Check that the files belong together and to the family named ("vigia models verify").',
        cause,
      })
    })
    return undefined
  },
  async decode({ samples, config, hotwords }) {
    if (!recognizer) throw new VigiaError('asr_failed', 'The model is not loaded.')
    const { createStream, decodeAsync } = recognizer
    return settings.use(config, async () => {
      const stream = createStream.call(recognizer, hotwords)
      stream.acceptWaveform({ sampleRate: 16000, samples: toFloats(samples) })
      const { text, tokens, timestamps, durations, ys_log_probs, lang } = await decodeAsync.call(recognizer, stream)
      return { text, tokens, timestamps, durations, ys_log_probs, lang }
    })
  },
})

function importSherpa(): Sherpa {
  try {
    return createRequire(import.meta.url)('sherpa-onnx-node') as Sherpa
  } catch (cause) {
    throw new VigiaError('engine_unavailable', 'The speech library (sherpa-onnx-node) cannot be loaded here.', {
      hint: 'It needs Linux with glibc 2.32 or later (x64) or 2.17 (arm64), macOS or Windows; musl is not served.',
      cause,
    })
  }
}
