import { availableParallelism } from 'node:os'
import { VigiaError } from '@vigia/protocol'
import { z } from 'zod'
import { BoundedQueue } from '../../../std/bounded-queue.ts'
import { type EngineDeath, type EngineProcess, startEngineProcess } from '../../host/engine-process.ts'
import type { Llm, LlmEvent, LlmRequest } from '../../llm.ts'
import { packageNameOf } from './addon.ts'
import type { LlamaCalls, LlamaRequest, LlamaResult } from './calls.ts'
import { type GgufInfo, readGguf } from './gguf.ts'

/** Language models as GGUF files on llama.cpp, in a process of their own: schema by grammar, several sequences at once. */

const MIB = 1024 * 1024
/** Working memory beside weights and cache, MB: calculated from batch 512 of 7B models. */
const WORKING_MB = 400

export const LlamaSettings = z.strictObject({
  adapter: z.literal('llama').default('llama'),
  modelPath: z.string().min(1).describe('a .gguf file; of a split model the first part'),
  model: z.string().optional().describe('name to show'),
  contextTokens: z.number().int().min(256).default(8192).describe('prompt and answer of one request'),
  parallel: z.number().int().min(1).max(16).default(2).describe('requests at the same time, each with its own context'),
  threads: z.number().int().min(1).max(256).optional(),
  gpuLayers: z.number().int().min(0).max(999).default(0).describe('layers on the graphics card; 999 is all'),
  build: z.enum(['cpu', 'cuda', 'vulkan']).default('cpu').describe('GPU builds are installed apart: docs/llm.md'),
  libraryDir: z.string().optional().describe('folder in which a GPU build was installed'),
  projectorPath: z.string().optional().describe('mmproj file of a model that sees or hears'),
})
export type LlamaSettings = z.input<typeof LlamaSettings>

export interface LlamaOptions {
  onDeath?: (death: EngineDeath) => void
  /** Megabytes that may be taken; the default asks the system. */
  availableMb?: number
  /** Longest time for loading, ms. */
  loadDeadlineMs?: number
}

/**
 * Loads a model.
 *
 * @throws VigiaError `model_not_found`, `model_invalid`, `out_of_memory`, `engine_unavailable`, `config_invalid`
 */
export async function openLlama(settings: LlamaSettings, options: LlamaOptions = {}): Promise<Llm> {
  const config = parseSettings(settings)
  const info = await readGguf(config.modelPath)
  const contextTokens = info.trainedTokens > 0 ? Math.min(config.contextTokens, info.trainedTokens) : config.contextTokens
  checkMemory(info, { ...config, contextTokens }, options.availableMb ?? process.availableMemory() / MIB)
  const engine = await startEngineProcess<LlamaCalls>({
    entry: new URL('./child.ts', import.meta.url),
    name: `llama ${config.model ?? config.modelPath}`,
    load: {
      method: 'load',
      params: {
        ...config,
        packageName: packageNameOf(config.build),
        contextTokens,
        threads: config.threads ?? Math.max(1, Math.floor(availableParallelism() / 2)),
      },
    },
    startDeadlineMs: options.loadDeadlineMs ?? 300_000,
    ...(options.onDeath ? { onDeath: options.onDeath } : {}),
  })
  // The first load told what the model can; it is asked again so that a restart cannot change it under a caller.
  const abilities = await engine.call('abilities', null, { deadlineMs: 10_000 })
  return {
    id: 'llama',
    model: config.model ?? config.modelPath.replace(/^.*[\\/]|\.gguf$/gu, ''),
    capabilities: { contextTokens, ...abilities, json: 'grammar' },
    generate: (request, signal) => generate(engine, request, signal),
    countTokens: (text) => engine.call('count', { text }, { deadlineMs: 30_000 }),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

function parseSettings(settings: LlamaSettings): z.output<typeof LlamaSettings> {
  const parsed = LlamaSettings.safeParse(settings)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new VigiaError('config_invalid', `engines.llm.${issue?.path.join('.')}: ${issue?.message}.`, {
    hint: 'docs/llm.md lists the settings of "llama".',
  })
}

/** The native code may end the process, or the system a neighbour's, when memory runs out: it is counted before. */
function checkMemory(info: GgufInfo, config: z.output<typeof LlamaSettings>, availableMb: number): void {
  const onCard = info.layers > 0 ? Math.min(1, config.gpuLayers / info.layers) : 0
  const bytes = (info.fileBytes + info.cacheBytesPerToken * config.contextTokens * config.parallel) * (1 - onCard)
  const needMb = Math.ceil(bytes / MIB) + WORKING_MB
  if (needMb <= availableMb) return
  throw new VigiaError(
    'out_of_memory',
    `The model needs ${needMb} MB with this context, ${Math.floor(availableMb)} MB are free.`,
    {
      hint: 'Choose a smaller model, fewer contextTokens or parallel: 1.',
    },
  )
}

/** Time allowed for one answer: slow machines read some ten and write some two tokens a second. */
const deadlineOf = ({ maxTokens }: LlmRequest): number => 120_000 + maxTokens * 500

async function* generate(engine: EngineProcess<LlamaCalls>, request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmEvent> {
  signal.throwIfAborted()
  const parts = new BoundedQueue<string>({ capacity: 100_000 })
  const stop = new AbortController()
  const answer = engine
    .call('generate', toLlamaRequest(request), {
      deadlineMs: deadlineOf(request),
      signal: AbortSignal.any([signal, stop.signal]),
      onPart: (text) => void parts.push(text),
    })
    .catch((error: unknown) => asLlmError(error))
    .finally(() => parts.close())
  answer.catch(() => {}) // awaited below, after the last part
  try {
    for await (const text of parts) yield { type: 'text', text }
    const result: LlamaResult = await answer
    if (result.text !== '') yield { type: 'text', text: result.text }
    for (const call of result.toolCalls) yield { type: 'tool_call', call }
    yield { type: 'done', finish: result.finish, usage: usageOf(result) }
  } finally {
    stop.abort(new VigiaError('aborted', 'Nobody reads the answer any more.'))
  }
}

const usageOf = ({ inputTokens, outputTokens }: LlamaResult) => ({ inputTokens, outputTokens })

function toLlamaRequest(request: LlmRequest): LlamaRequest {
  const { toolChoice, temperature = 0.2, seed = 1, ...rest } = request
  const choice = typeof toolChoice === 'object' ? 'required' : toolChoice
  return { ...rest, temperature, seed, ...(choice ? { toolChoice: choice } : {}) }
}

/** What the child did not put in words of ours is a failed generation; the host's own errors and aborts pass. */
function asLlmError(error: unknown): never {
  if (VigiaError.is(error) && error.code === 'internal')
    throw new VigiaError('llm_failed', `The language model failed: ${error.message}`, { cause: error })
  throw error
}
