import type { LlmMessage, LlmTool, LlmToolCall } from '../../llm.ts'

/** The calls of the llama.cpp engine process. */

export interface LlamaLoad {
  modelPath: string
  /** Package of the native addon, and the folder it is looked for in first. */
  packageName: string
  libraryDir?: string
  /** For each sequence. */
  contextTokens: number
  parallel: number
  threads: number
  gpuLayers: number
  /** `mmproj` file: images and audio. */
  projectorPath?: string
}

export interface LlamaRequest {
  messages: LlmMessage[]
  maxTokens: number
  temperature: number
  topP?: number
  seed: number
  stop?: string[]
  schema?: Record<string, unknown>
  tools?: LlmTool[]
  toolChoice?: 'auto' | 'required' | 'none'
}

export interface LlamaResult {
  /** What has not been streamed yet. */
  text: string
  toolCalls: LlmToolCall[]
  finish: 'stop' | 'length' | 'tool_calls'
  inputTokens: number
  outputTokens: number
  /** Tokens of the prompt that were still in the cache. */
  cachedTokens: number
}

export type LlamaCalls = {
  load: { params: LlamaLoad; result: undefined }
  abilities: { params: null; result: { images: boolean; audio: boolean; tools: boolean } }
  generate: { params: LlamaRequest; result: LlamaResult; part: string }
  count: { params: { text: string }; result: number }
}
