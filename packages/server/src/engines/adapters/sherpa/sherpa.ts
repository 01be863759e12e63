import { VigiaError } from '@vigia/protocol'
import type { Asr, AsrCapabilities, AsrOptions, Decode } from '../../asr.ts'
import { SAMPLE_RATE } from '../../audio.ts'
import { type EngineDeath, startEngineProcess } from '../../host/engine-process.ts'
import { PoisonGuard } from '../../host/poison-guard.ts'
import { limited } from '../../limited.ts'
import { offlineAsr } from '../../offline-asr.ts'
import type { SherpaCalls } from './calls.ts'
import { type OfflineRecognizerConfig, recognizerConfig, takesHotwords } from './config.ts'
import { knowsLanguage, takesLanguage } from './languages.ts'
import type { SherpaModel } from './model.ts'
import { type ModelFacts, validateModel } from './validate.ts'
import { type TokenResult, wordsOf } from './words.ts'

/** Offline recognizers of sherpa-onnx in a process of their own: decode whole utterances, several at a time. */

/** Below this there is no feature frame; models without padding end the process on it. */
const MIN_SAMPLES = 80

export interface SherpaOptions {
  /** Decodes that run side by side; they share the model. */
  parallel?: number
  /** Processing time allowed per second of audio, beside a constant of 15 s. */
  deadlineFactor?: number
  /** Wraps the decode function, for gates that judge its output. */
  gate?: (decode: Decode) => Decode
  note?: string
  onDeath?: (death: EngineDeath) => void
}

/**
 * Loads an offline model after checking it.
 *
 * @throws VigiaError `model_not_found`, `model_invalid`, `language_not_supported`, `engine_unavailable`
 */
export async function openSherpaAsr(model: SherpaModel, options: SherpaOptions = {}): Promise<Asr> {
  const { parallel = 2, deadlineFactor = 10, gate = (decode) => decode, note, onDeath } = options
  const facts = await validateModel(model)
  const engine = await startEngineProcess<SherpaCalls>({
    entry: new URL('./child.ts', import.meta.url),
    name: `sherpa ${model.id}`,
    load: { method: 'load', params: { config: recognizerConfig(model) } },
    startDeadlineMs: 120_000,
    env: { UV_THREADPOOL_SIZE: String(parallel + 2), OMP_NUM_THREADS: String(model.threads ?? 1) },
    ...(onDeath ? { onDeath } : {}),
  })

  const guard = new PoisonGuard({ parallel, onPoison: (deaths) => engine.forgive(deaths) })
  const padMs = model.padMs ?? 0
  const decode: Decode = async (samples, asked, signal) => {
    if (samples.length < MIN_SAMPLES) return { text: '', words: [] }
    const durationMs = (samples.length * 1000) / SAMPLE_RATE
    const deadlineMs = 15_000 + deadlineFactor * durationMs
    const params = { samples: padded(samples, padMs), ...perUtterance(model, facts, asked) }
    const call = () => engine.call('decode', params, { deadlineMs, signal })
    const result = await guard.run(samples, signal, call).catch(asAsrError)
    return {
      text: result.text.trim(),
      words: wordsOf(shifted(result, padMs), durationMs),
      ...(result.lang ? { language: languageOf(result.lang) } : {}),
    }
  }

  return offlineAsr({
    id: 'sherpa',
    model: model.id,
    capabilities: capabilitiesOf(model),
    ...(note ? { note } : {}),
    decode: gate(limited(decode, { parallel })),
    dispose: async () => engine[Symbol.asyncDispose](),
  })
}

/** What this utterance asks of the recognizer beside its samples. */
function perUtterance(
  model: SherpaModel,
  { languageCodes }: ModelFacts,
  { language, hotwords }: AsrOptions,
): { config?: OfflineRecognizerConfig; hotwords?: string } {
  if (takesHotwords(model)) return hotwords?.length ? { hotwords: hotwords.map(hotword).join('/') } : {}
  if (!takesLanguage(model.files.family)) return {}
  const primary = language.toLowerCase().split('-')[0]!
  const wanted = primary === 'auto' ? (model.language ?? '') : primary
  if (!knowsLanguage(model.files.family, wanted) || (wanted !== '' && languageCodes?.has(wanted) === false))
    throw new VigiaError('language_not_supported', `Expected a language of ${model.id}, got "${language}".`, {
      hint: 'Choose another language, or "auto" where the model detects it.',
    })
  return { config: recognizerConfig({ ...model, language: wanted }) }
}

/** The language found: Whisper writes the code alone, SenseVoice its token (`<|en|>`). */
const languageOf = (found: string): string => found.replaceAll(/[<|>]/g, '')

/** The separators of the library are no part of a word. */
const hotword = (text: string): string => text.replaceAll(/[/:\n]/g, ' ').trim()

function padded(samples: Int16Array, padMs: number): Int16Array {
  if (padMs === 0) return samples
  const pad = Math.round((padMs * SAMPLE_RATE) / 1000)
  const out = new Int16Array(samples.length + 2 * pad)
  out.set(samples, pad)
  return out
}

/** Times without the silence put before. */
function shifted(result: TokenResult, padMs: number): TokenResult {
  if (padMs === 0) return result
  return { ...result, timestamps: result.timestamps.map((at) => Math.max(0, at - padMs / 1000)) }
}

function capabilitiesOf(model: SherpaModel): AsrCapabilities {
  const { family } = model.files
  return {
    interim: false,
    wordTimes: family !== 'whisper' && family !== 'canary' && family !== 'moonshine',
    confidence: family === 'transducer' || family === 'nemo_transducer',
    punctuation: model.punctuation ?? false,
    languages: model.languages,
    detectsLanguage: model.languages === 'any' || model.languages.length > 1,
    hotwords: takesHotwords(model),
    speakers: false,
    maxUtteranceMs: model.maxUtteranceMs ?? (family === 'whisper' ? 29_000 : 60_000),
  }
}

/** What the handler itself threw is a failed recognition; the host's own errors and aborts pass. */
function asAsrError(error: unknown): never {
  if (VigiaError.is(error) && error.code === 'internal')
    throw new VigiaError('asr_failed', `Recognition failed: ${error.message}`, { cause: error })
  throw error
}
