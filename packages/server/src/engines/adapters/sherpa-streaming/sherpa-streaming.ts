import { readFile } from 'node:fs/promises'
import { VigiaError } from '@vigia/protocol'
import type { EngineConfig } from '../../../config/schema.ts'
import type { InstalledModel } from '../../../models/store.ts'
import type { Asr, AsrCapabilities, AsrEvent, AsrOptions, Word } from '../../asr.ts'
import { type PcmChunk, SAMPLE_RATE } from '../../audio.ts'
import type { AdapterContext } from '../../catalog.ts'
import { type EngineDeath, type EngineProcess, startEngineProcess } from '../../host/engine-process.ts'
import { isDeath } from '../../host/retry-once.ts'
import { verifyFile } from '../../host/verify-file.ts'
import { assertLanguage } from '../../offline-asr.ts'
import { readOnnxMetadata } from '../sherpa/onnx-metadata.ts'
import { modelOf } from '../sherpa/open-installed.ts'
import { assertMetadata } from '../sherpa/required-metadata.ts'
import { type TokenResult, wordsOf } from '../sherpa/words.ts'
import type { StreamingCalls } from './calls.ts'
import { onlineConfig, type StreamingFiles, type StreamingModel } from './config.ts'

/** Streaming recognizers of sherpa-onnx: text while the utterance is open, all live sessions decoded together. */

const DEADLINE_MS = 20_000
/** Subsampling that the library assumes of streaming CTC models when it tells times. */
const ASSUMED_SUBSAMPLING = 4
/** A hole between chunks up to this long becomes silence; a longer one ends the utterance there. */
const MAX_HOLE_MS = 500

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
  const nextStream = (): number => ++streams
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
          const utterance = new StreamedUtterance(engine, nextStream, model, options, timeScale, signal)
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

/** One open utterance; where the timeline has a hole, the rest belongs to the next one. */
class StreamedUtterance {
  readonly #engine: EngineProcess<StreamingCalls>
  readonly #nextStream: () => number
  #stream: number
  /** What was fed, to be fed again to a new process; an utterance is bounded by endpointing. */
  #fed: Int16Array[] = []
  #retried = false
  readonly #open: { language?: string }
  readonly #timeScale: number
  readonly #signal: AbortSignal
  readonly #aborted: Promise<never>
  #startMs = 0
  #samples = 0

  constructor(
    engine: EngineProcess<StreamingCalls>,
    nextStream: () => number,
    model: StreamingModel,
    options: AsrOptions,
    timeScale: number,
    signal: AbortSignal,
  ) {
    this.#engine = engine
    this.#nextStream = nextStream
    this.#stream = nextStream()
    this.#timeScale = timeScale
    this.#signal = signal
    this.#open = model.languageOption ? { language: options.language } : {}
    this.#aborted = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
    this.#aborted.catch(() => {})
  }

  get #endMs(): number {
    return this.#startMs + (this.#samples * 1000) / SAMPLE_RATE
  }

  async *run(source: AsyncIterator<PcmChunk>, first: PcmChunk | null): AsyncGenerator<AsrEvent, PcmChunk | null> {
    let shown = ''
    let rest: PcmChunk | null = null
    try {
      for (let chunk = first ?? (await this.#next(source)); chunk; chunk = await this.#next(source)) {
        if (this.#samples > 0 && chunk.startMs - this.#endMs > MAX_HOLE_MS) {
          rest = chunk
          break
        }
        const result = await this.#feed(chunk)
        const text = result.text.trim()
        if (text === '' || text === shown) continue
        shown = text
        // The last word may still grow; what is before it does not change in greedy search.
        yield {
          type: 'interim',
          text,
          startMs: this.#startMs,
          endMs: this.#endMs,
          confirmedChars: Math.max(0, text.lastIndexOf(' ')),
        }
      }
      if (this.#samples === 0) return rest
      const result = await this.#call('finish')
      const text = result.text.trim()
      if (text !== '') yield { type: 'final', text, words: this.#words(result), startMs: this.#startMs, endMs: this.#endMs }
      return rest
    } finally {
      this.#engine.call('close', { stream: this.#stream }, { deadlineMs: DEADLINE_MS }).catch(() => {})
    }
  }

  async #next(source: AsyncIterator<PcmChunk>): Promise<PcmChunk | null> {
    this.#signal.throwIfAborted()
    const { value, done } = await Promise.race([source.next(), this.#aborted])
    return done ? null : value
  }

  #feed(chunk: PcmChunk): Promise<TokenResult> {
    if (this.#samples === 0) this.#startMs = chunk.startMs
    const hole = Math.round(((chunk.startMs - this.#endMs) * SAMPLE_RATE) / 1000)
    const samples = hole >= 16 ? filled(chunk.samples, hole) : chunk.samples
    this.#samples += samples.length
    this.#fed.push(samples)
    return this.#call('feed', samples)
  }

  /** A process that died under the utterance is given all of it once more. */
  async #call(method: 'feed' | 'finish', samples?: Int16Array): Promise<TokenResult> {
    const options = { deadlineMs: DEADLINE_MS, signal: this.#signal }
    try {
      if (method === 'finish') return await this.#engine.call('finish', { stream: this.#stream }, options)
      const first = this.#fed.length === 1
      return await this.#engine.call('feed', { stream: this.#stream, first, samples: samples!, ...this.#open }, options)
    } catch (error) {
      if (VigiaError.is(error) && error.code === 'internal')
        throw new VigiaError('asr_failed', `Recognition failed: ${error.message}`, { cause: error })
      if (!isDeath(error) || this.#retried) throw error
      this.#retried = true
      this.#stream = this.#nextStream()
      this.#fed = [joined(this.#fed)]
      const params = { stream: this.#stream, first: true, samples: this.#fed[0]!, ...this.#open }
      const again = await this.#engine.call('feed', params, options)
      return method === 'finish' ? this.#call('finish') : again
    }
  }

  #words(result: TokenResult): Word[] {
    const timestamps = result.timestamps.map((at) => at * this.#timeScale)
    const durationMs = this.#endMs - this.#startMs
    return wordsOf({ ...result, timestamps }, durationMs).map((word) => ({
      ...word,
      startMs: this.#startMs + word.startMs,
      endMs: this.#startMs + word.endMs,
    }))
  }
}

function joined(parts: readonly Int16Array[]): Int16Array {
  const out = new Int16Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

function filled(samples: Int16Array, hole: number): Int16Array {
  const out = new Int16Array(hole + samples.length)
  out.set(samples, hole)
  return out
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
