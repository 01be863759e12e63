import { VigiaError } from '@vigia/protocol'
import { serveEngine } from '../../host/serve.ts'
import { newToolCallId } from '../../tool-call-id.ts'
import { loadAddon, type NativeAnswer, type NativeContext, type NativeRequest } from './addon.ts'
import type { LlamaCalls, LlamaLoad, LlamaRequest, LlamaResult } from './calls.ts'
import { toNativeRequest } from './translate.ts'

/** Engine process of llama.cpp: one model, several sequences at once. */

/** Tokens of prompt that are worked on at a time. */
const BATCH = 512

let loaded: { context: NativeContext; options: LlamaLoad; media: { vision: boolean; audio: boolean } } | null = null

serveEngine<LlamaCalls>(
  {
    async load(options) {
      const { LlamaContext } = loadAddon(options.packageName, options.libraryDir)
      const context = openContext(LlamaContext, options)
      if (!context.enableParallelMode({ n_parallel: options.parallel, n_batch: BATCH }))
        throw new VigiaError('model_invalid', 'The model does not run several sequences at once.')
      const media = options.projectorPath ? openProjector(context, options.projectorPath) : { vision: false, audio: false }
      loaded = { context, options, media }
      return undefined
    },
    abilities() {
      const { context, media } = ready()
      const { jinja } = context.getModelInfo().chatTemplates
      return { images: media.vision, audio: media.audio, tools: Boolean(jinja?.toolUse || jinja?.defaultCaps?.tools) }
    },
    async generate(request, { signal, part }) {
      const { context, options } = ready()
      const native = toNativeRequest(request, options.threads)
      await checkLength(context, native, request, options.contextTokens)
      return run(context, native, signal, part)
    },
    async count({ text }) {
      return (await ready().context.tokenize(text, [])).tokens.length
    },
  },
  async () => loaded?.context.release(),
)

function ready(): NonNullable<typeof loaded> {
  if (!loaded) throw new VigiaError('llm_failed', 'The model is not loaded.')
  return loaded
}

function openContext(Context: new (options: never) => NativeContext, options: LlamaLoad): NativeContext {
  const { modelPath, contextTokens, parallel, threads, gpuLayers } = options
  try {
    return new Context({
      model: modelPath,
      n_ctx: contextTokens * parallel,
      n_threads: threads,
      n_parallel: parallel,
      n_gpu_layers: gpuLayers,
      use_mmap: true,
    } as never)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    const isMemory = /memory|alloc|context/iu.test(text)
    throw new VigiaError(
      isMemory ? 'out_of_memory' : 'model_invalid',
      `${modelPath} could not be loaded: ${text.slice(0, 200)}`,
      {
        hint: isMemory ? 'Choose fewer contextTokens, fewer gpuLayers or a smaller model.' : 'Fetch the file again.',
        cause,
      },
    )
  }
}

function openProjector(context: NativeContext, path: string): { vision: boolean; audio: boolean } {
  if (context.initMultimodal({ path, use_gpu: true })) return context.getMultimodalSupport()
  throw new VigiaError('model_invalid', `${path} does not fit the model.`, { hint: 'Use the mmproj file of the same model.' })
}

/** The native code fails without a word on a prompt that does not fit. */
async function checkLength(
  context: NativeContext,
  native: NativeRequest,
  { maxTokens }: LlamaRequest,
  most: number,
): Promise<void> {
  const text = native.messages
    .map(({ content }) => (typeof content === 'string' ? content : content.map((part) => part.text).join('')))
    .join('\n')
  const { tokens } = await context.tokenize(text, [])
  const needed = tokens.length + maxTokens
  if (needed <= most) return
  throw new VigiaError('llm_failed', `Expected at most ${most} tokens of prompt and answer, got ${needed}.`, {
    hint: 'Raise contextTokens, or ask for less.',
  })
}

function run(
  context: NativeContext,
  native: NativeRequest,
  signal: AbortSignal,
  part: (text: string) => void,
): Promise<LlamaResult> {
  const { promise, resolve, reject } = Promise.withResolvers<LlamaResult>()
  let sent = 0
  const { requestId } = context.queueCompletion(native, (error, answer) => {
    if (error || !answer) {
      reject(new VigiaError('llm_failed', `The model failed: ${String(error).slice(0, 200)}`))
      return
    }
    const content = answer.content ?? ''
    if (answer.token === undefined) resolve(toResult(answer, content.slice(sent)))
    else if (content.length > sent) {
      // A character that is not complete yet, or white space that the end may take back, waits.
      const text = content.slice(sent).replace(/[\s\uFFFD]+$/u, '')
      if (text !== '') part(text)
      sent += text.length
    }
  })
  const onAbort = (): void => {
    context.cancelRequest(requestId)
    reject(signal.reason)
  }
  signal.addEventListener('abort', onAbort, { once: true })
  return promise.then(checkAnswered).finally(() => signal.removeEventListener('abort', onAbort))
}

function toResult(answer: NativeAnswer, text: string): LlamaResult {
  const toolCalls = (answer.tool_calls ?? []).map((call) => ({ id: call.id || newToolCallId(), ...call.function }))
  const isCut = answer.stopped_limit || answer.context_full || !(answer.stopped_eos || answer.stopped_word)
  return {
    text,
    toolCalls,
    finish: toolCalls.length > 0 ? 'tool_calls' : isCut ? 'length' : 'stop',
    inputTokens: (answer.timings?.prompt_n ?? 0) + (answer.timings?.cache_n ?? 0),
    outputTokens: answer.timings?.predicted_n ?? answer.tokens_predicted ?? 0,
    cachedTokens: answer.timings?.cache_n ?? 0,
  }
}

/** A batch that could not be decoded ends with nothing at all. */
function checkAnswered(result: LlamaResult): LlamaResult {
  if (result.inputTokens > 0 || result.outputTokens > 0) return result
  throw new VigiaError('llm_failed', 'The model gave no answer; its context may be full.')
}
