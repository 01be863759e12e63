import { readFile } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'
import type { EngineConfig } from '../../../config/schema.ts'
import type { InstalledModel } from '../../../models/store.ts'
import type { Asr, AsrCapabilities } from '../../asr.ts'
import type { PcmChunk } from '../../audio.ts'
import type { AdapterContext } from '../../catalog.ts'
import { type EngineDeath, startEngineProcess } from '../../host/engine-process.ts'
import { verifyFile } from '../../host/verify-file.ts'
import { assertLanguage } from '../../offline-asr.ts'
import { readOnnxMetadata } from '../sherpa/onnx-metadata.ts'
import { modelOf } from '../sherpa/open-installed.ts'
import { assertMetadata } from '../sherpa/required-metadata.ts'
import type { StreamingCalls } from './calls.ts'
import { onlineConfig, type StreamingFiles, type StreamingModel } from './config.ts'
import { StreamTurns } from './stream-turns.ts'
import { DEADLINE_MS, StreamedUtterance } from './streamed-utterance.ts'

/** Streaming recognizers of sherpa-onnx: text while the utterance is open, all live sessions decoded together. */

/** Utterances that may be told something at the same moment; the process takes as many. */
const MAX_OPEN = 1000
/** Subsampling that the library assumes of streaming CTC models when it tells times. */
const ASSUMED_SUBSAMPLING = 4

/** Metadata that the library requires; without it, it ends its process. */
const ZIPFORMER2 = [
  ...['encoder_dims', 'query_head_dims', 'value_head_dims', 'num_heads', 'num_encoder_layers', 'cnn_module_kernels'],
  ...['left_context_len', 'T', 'decode_chunk_len'],
]
const NEMO = [
  ...['window_size', 'chunk_shift', 'subsampling_factor', 'vocab_size'],
  ...['channel', 'time'].flatMap((cache) => [1, 2, 3].map((dim) => `cache_last_${cache}_dim${dim}`)),
]

/** The recognizer with what tests and figures ask of its process. */
export interface StreamingAsr extends Asr {
  /** Native calls so far, and streams in them. */
  stats(): Promise<{ calls: number; streams: number }>
  readonly pid: number | undefined
}

/** `{ adapter: "sherpa-streaming", model: ID }`. @throws VigiaError */
export async function openInstalledStreaming(settings: EngineConfig, { models, onDeath }: AdapterContext): Promise<Asr> {
  return openSherpaStreaming(streamingModelOf(await models.find(modelOf(settings))), { onDeath })
}

/** @throws VigiaError `model_not_found`, `model_invalid`, `engine_unavailable` */
export async function openSherpaStreaming(
  model: StreamingModel,
  { onDeath }: { onDeath?: (death: EngineDeath) => void } = {},
): Promise<StreamingAsr> {
  const timeScale = await validate(model)
  const engine = await startEngineProcess<StreamingCalls>({
    entry: new URL('./child.ts', import.meta.url),
    name: `sherpa-streaming ${model.id}`,
    load: { method: 'load', params: { config: onlineConfig(model) } },
    startDeadlineMs: 120_000,
    env: { OMP_NUM_THREADS: String(model.threads) },
    ...(onDeath ? { onDeath } : {}),
  })
  const capabilities = capabilitiesOf(model)
  let streams = 0
  const turns = new StreamTurns(MAX_OPEN, (deaths) => engine.forgive(deaths))
  const shared = { engine, turns, nextStream: () => ++streams, timeScale }
  return {
    id: 'sherpa-streaming',
    model: model.id,
    capabilities,
    async *transcribe(audio, options, signal) {
      signal.throwIfAborted()
      assertLanguage('sherpa-streaming', capabilities, options.language)
      let rest: PcmChunk | null = null
      const source = audio[Symbol.asyncIterator]()
      try {
        do {
          const utterance = new StreamedUtterance(shared, model.languageOption ? options.language : undefined, signal)
          rest = yield* utterance.run(source, rest)
        } while (rest)
      } finally {
        // Not awaited: a source that waits for audio that nobody sends would hold an abort up.
        source.return?.()?.then(undefined, () => {})
      }
    },
    stats: () => engine.call('stats', null, { deadlineMs: DEADLINE_MS }),
    get pid() {
      return engine.pid
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

/** @returns by how much the library's times are too small. @throws VigiaError `model_not_found`, `model_invalid` */
async function validate({ files, tokens, expected }: StreamingModel): Promise<number> {
  const { family, ...paths } = files
  for (const file of [...Object.values(paths), tokens]) await verifyFile(file, { bytes: expected[file]?.bytes })
  const metadata: Record<string, ReadonlyMap<string, string>> = {}
  for (const [part, file] of Object.entries(paths)) metadata[part] = await readOnnxMetadata(file)
  for (const [part, required] of Object.entries(requiredOf(family, metadata)))
    assertMetadata((paths as Record<string, string>)[part]!, family, metadata[part]!, required)
  const text = await readFile(tokens, 'utf8')
  if (family !== 'transducer' && !/^(<blk>|<eps>|<blank>)\s/m.test(text))
    throw new VigiaError('model_invalid', `Expected a blank (<blk>) in ${tokens}, got none.`, {
      hint: 'The tokens file belongs to another model.',
    })
  return family === 'nemo_ctc' ? Number(metadata.model!.get('subsampling_factor')) / ASSUMED_SUBSAMPLING : 1
}

/** By part. A transducer is icefall's when its decoder tells a context size, else NeMo's. */
function requiredOf(family: StreamingFiles['family'], metadata: Readonly<Record<string, ReadonlyMap<string, string>>>) {
  if (family === 'zipformer2_ctc') return { model: ZIPFORMER2 }
  if (family === 'nemo_ctc') return { model: NEMO }
  if (!metadata.decoder!.has('context_size')) return { encoder: [...NEMO, 'pred_rnn_layers', 'pred_hidden'] }
  const isZipformer2 = metadata.encoder!.get('model_type') === 'zipformer2'
  return { decoder: ['vocab_size'], encoder: ['model_type', 'T', 'decode_chunk_len', ...(isZipformer2 ? ZIPFORMER2 : [])] }
}

/** @throws VigiaError `config_invalid` */
export function streamingModelOf({ entry, parts, expected }: InstalledModel): StreamingModel {
  const { family, settings } = entry
  const files = filesOf(family, parts)
  if (!files || !parts.tokens)
    throw new VigiaError('config_invalid', `Model "${entry.id}" (${family}) is no streaming recognizer with its files.`, {
      hint: 'Streaming families: transducer (encoder, decoder, joiner), zipformer2_ctc and nemo_ctc (model); and tokens.',
    })
  return {
    id: entry.id,
    files,
    tokens: parts.tokens,
    languages: entry.languages,
    punctuation: settings.punctuation === true,
    languageOption: settings.languageOption === true,
    featureDim: typeof settings.featureDim === 'number' ? settings.featureDim : 80,
    threads: typeof settings.threads === 'number' ? settings.threads : 1,
    expected,
  }
}

function filesOf(family: string, { encoder, decoder, joiner, model }: InstalledModel['parts']): StreamingFiles | null {
  if (family === 'transducer' && encoder && decoder && joiner) return { family, encoder, decoder, joiner }
  if ((family === 'zipformer2_ctc' || family === 'nemo_ctc') && model) return { family, model }
  return null
}

function capabilitiesOf({ files, languages, languageOption, punctuation }: StreamingModel): AsrCapabilities {
  return {
    interim: true,
    wordTimes: true,
    confidence: files.family === 'transducer',
    punctuation,
    languages,
    detectsLanguage: languageOption || languages === 'any' || languages.length > 1,
    hotwords: false,
    speakers: false,
    maxUtteranceMs: 60_000,
  }
}
