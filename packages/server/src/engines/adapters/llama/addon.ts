import { createRequire } from 'node:module'
import path from 'node:path'
import { VigiaError } from '@vigia/protocol'

/** llama.cpp as the prebuilt addon packages `@fugood/node-llama-*` (MIT) give it; the part used here. */

export interface NativeOptions {
  model: string
  n_ctx: number
  n_threads: number
  n_parallel: number
  n_gpu_layers: number
  use_mmap: boolean
}

export interface NativeRequest {
  messages: { role: string; content: string | { type: 'text'; text: string }[]; [key: string]: unknown }[]
  media_paths?: string[]
  jinja: true
  enable_thinking: false
  reasoning_format: 'auto'
  n_predict: number
  temperature: number
  top_p?: number
  seed: number
  n_threads: number
  stop?: string[]
  response_format?: { type: 'json_schema'; json_schema: { strict: true; schema: Record<string, unknown> } }
  tools?: { type: 'function'; function: { name: string; description: string; parameters: Record<string, unknown> } }[]
  tool_choice?: string
}

/** A piece (it has `token`) or, last, the whole. `content` is all text so far without thoughts. */
export interface NativeAnswer {
  requestId: number
  token?: string
  text?: string
  content?: string
  tool_calls?: { id?: string; function: { name: string; arguments: string } }[]
  stopped_eos?: boolean
  stopped_limit?: boolean
  stopped_word?: boolean
  context_full?: boolean
  tokens_predicted?: number
  timings?: { cache_n: number; prompt_n: number; predicted_n: number }
}

export interface NativeContext {
  enableParallelMode(options: { n_parallel: number; n_batch: number }): boolean
  queueCompletion(
    request: NativeRequest,
    callback: (error: unknown, answer: NativeAnswer | undefined) => void,
  ): { requestId: number }
  cancelRequest(requestId: number): void
  tokenize(text: string, mediaPaths: string[]): Promise<{ tokens: Int32Array }>
  initMultimodal(options: { path: string; use_gpu: boolean }): boolean
  getMultimodalSupport(): { vision: boolean; audio: boolean }
  getModelInfo(): { chatTemplates: { jinja: { toolUse: boolean; default: boolean; defaultCaps?: { tools: boolean } } } }
  release(): Promise<void>
}

export interface NativeAddon {
  LlamaContext: new (options: NativeOptions) => NativeContext
}

/** Where the native code takes a photo or a sound in the text. */
export const MEDIA_MARKER = '<__media__>'

/** @param build - `cuda`, `vulkan` or the CPU build */
export function packageNameOf(build: 'cpu' | 'cuda' | 'vulkan', platform = process.platform, arch = process.arch): string {
  return `@fugood/node-llama-${platform}-${arch}${build === 'cpu' ? '' : `-${build}`}`
}

/** @throws VigiaError `engine_unavailable` */
export function loadAddon(packageName: string, libraryDir?: string): NativeAddon {
  const places = [...(libraryDir ? [path.join(libraryDir, 'package.json')] : []), import.meta.url]
  let cause: unknown
  for (const place of places) {
    try {
      const addon = createRequire(place)(packageName) as Partial<NativeAddon>
      if (addon.LlamaContext) return addon as NativeAddon
    } catch (error) {
      cause = error
    }
  }
  throw new VigiaError('engine_unavailable', `The language model engine (${packageName}) cannot be loaded here.`, {
    hint: 'Run "npm ci" without omitting optional packages, or see docs/llm.md for GPU builds; a server beside it works through "openai-chat".',
    cause,
  })
}
