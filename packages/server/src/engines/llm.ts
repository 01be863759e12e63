/** Language models: messages in, a stream of text and tool calls out. Images and audio where the capabilities say so. */

export interface LlmCapabilities {
  contextTokens: number
  images: boolean
  audio: boolean
  tools: boolean
  /** Photos that may be asked about at the same time without each taking longer; 1 where it does not say. */
  parallel?: number
  /** How strictly `schema` is kept: by grammar, by the server's JSON mode, or by the prompt alone. */
  json: 'grammar' | 'schema' | 'object' | 'none'
}

export type LlmPart =
  | { type: 'text'; text: string }
  | { type: 'image'; jpeg: Uint8Array }
  | { type: 'audio'; samples: Int16Array; sampleRate: number }

export interface LlmToolCall {
  id: string
  name: string
  /** JSON text as the model wrote it. */
  arguments: string
}

export interface LlmMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: LlmPart[]
  toolCalls?: LlmToolCall[]
  toolCallId?: string
}

export interface LlmTool {
  name: string
  description: string
  /** JSON Schema of the arguments. */
  parameters: Record<string, unknown>
}

export interface LlmRequest {
  messages: LlmMessage[]
  maxTokens: number
  temperature?: number
  topP?: number
  seed?: number
  stop?: string[]
  /** JSON Schema that the whole answer must fit. */
  schema?: Record<string, unknown>
  tools?: LlmTool[]
  toolChoice?: 'auto' | 'required' | 'none' | { name: string }
}

export type LlmEvent =
  | { type: 'text'; text: string }
  | { type: 'tool_call'; call: LlmToolCall }
  | { type: 'done'; finish: 'stop' | 'length' | 'tool_calls'; usage: { inputTokens: number; outputTokens: number } }

export interface Llm extends AsyncDisposable {
  readonly id: string
  readonly model: string
  readonly capabilities: LlmCapabilities
  /**
   * Streams one answer; `done` comes last. Thinking is switched off or removed.
   *
   * @throws VigiaError `llm_failed`, `engine_crashed`, `engine_timeout`, `out_of_memory`, `rate_limited`; the signal's reason when aborted
   */
  generate(request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmEvent>
  countTokens(text: string): Promise<number>
}
