import { VigiaError } from '@vigia/protocol'
import type { Llm, LlmEvent, LlmMessage, LlmRequest } from '../../llm.ts'
import { readAnswer } from './answer.ts'
import { asRefusal, BadRequest, getJson, type Posted, post } from './http.ts'
import { toolFields, toWireMessages } from './messages.ts'
import { guessKind, learn, type Quirks, quirkFields, quirksOf } from './quirks.ts'
import { type ChatConfig, type ChatSettings, parseChatSettings } from './settings.ts'

/**
 * Language models behind an OpenAI-compatible chat endpoint: vLLM, llama.cpp's server, Ollama, Groq, OpenAI, and the
 * compatible endpoints of Gemini and Claude. What a server does not take is learnt from its first refusal and kept.
 */

/** Spanish text has 1.25 to 1.39 tokens a word (measured with Qwen's vocabulary), which is about 3.6 characters a token; a little more is safe. */
const CHARS_PER_TOKEN = 3.2
const DEFAULT_CONTEXT = 8192
const PROBE_MS = 10_000
const MAX_LESSONS = 10

interface ModelList {
  data?: { id?: string; owned_by?: string; max_model_len?: number; meta?: { n_ctx_train?: number; n_ctx?: number } }[]
}

/**
 * Asks the server what it is and has.
 *
 * @throws VigiaError `config_invalid`, `engine_unavailable`, `llm_failed` when it has no model
 */
export async function openChatLlm(settings: ChatSettings): Promise<Llm> {
  const config = parseChatSettings(settings)
  const list = await getJson<ModelList>(config, '/models', AbortSignal.timeout(PROBE_MS)).catch((error: unknown) => {
    if (VigiaError.is(error)) throw error
    throw new VigiaError('engine_unavailable', 'The language model service did not answer in time.', { cause: error })
  })
  const entry = list?.data?.find(({ id }) => config.model === undefined || id === config.model) ?? list?.data?.[0]
  const model = config.model ?? entry?.id
  if (!model) throw new VigiaError('llm_failed', 'The language model service lists no model.', { hint: 'Set engines.llm.model.' })
  const contextTokens = config.contextTokens ?? entry?.max_model_len ?? entry?.meta?.n_ctx ?? DEFAULT_CONTEXT
  return new ChatLlm(config, model, contextTokens, quirksOf(guessKind(config.baseUrl, entry?.owned_by)))
}

class ChatLlm implements Llm {
  readonly id = 'openai-chat'
  readonly model: string
  readonly capabilities: Llm['capabilities']
  readonly #config: ChatConfig
  #quirks: Quirks
  #canCount: boolean

  constructor(config: ChatConfig, model: string, contextTokens: number, quirks: Quirks) {
    this.model = model
    this.#config = config
    this.#quirks = quirks
    this.#canCount = quirks.kind === 'llama.cpp' || quirks.kind === 'vllm'
    const { images, audio, tools, parallel } = config
    this.capabilities = { contextTokens, images, audio, tools, parallel, json: quirks.json }
  }

  async *generate(request: LlmRequest, signal: AbortSignal): AsyncIterable<LlmEvent> {
    signal.throwIfAborted()
    const stop = new AbortController()
    const input = request.messages.reduce((sum, message) => sum + estimate(textOf(message)), 0)
    try {
      const posted = await this.#post(request, AbortSignal.any([signal, stop.signal]))
      for await (const event of readAnswer(posted, input, estimate)) {
        signal.throwIfAborted()
        yield event
      }
    } catch (error) {
      throw signal.aborted ? signal.reason : error
    } finally {
      stop.abort()
    }
  }

  /** By the server's tokenizer where it has one; else an estimate on the high side. */
  async countTokens(text: string): Promise<number> {
    if (!this.#canCount) return estimate(text)
    const root = this.#config.baseUrl.replace(/\/v1$/u, '')
    try {
      const body = { model: this.model, prompt: text, content: text }
      const { body: stream } = await post(
        { ...this.#config, baseUrl: root, maxRetries: 0 },
        '/tokenize',
        body,
        AbortSignal.timeout(PROBE_MS),
      )
      const chunks: Uint8Array[] = []
      for await (const chunk of stream) chunks.push(chunk)
      const answer = JSON.parse(Buffer.concat(chunks).toString()) as { count?: number; tokens?: unknown[] }
      return answer.count ?? answer.tokens?.length ?? estimate(text)
    } catch {
      this.#canCount = false
      return estimate(text)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #post(request: LlmRequest, signal: AbortSignal): Promise<Posted> {
    for (let lesson = 0; ; lesson++) {
      try {
        return await post(this.#config, '/chat/completions', this.#body(request), signal)
      } catch (error) {
        if (!(error instanceof BadRequest)) throw error
        const learnt = lesson < MAX_LESSONS ? learn(this.#quirks, error.message) : null
        if (!learnt) throw asRefusal(error)
        this.#quirks = learnt
        this.capabilities.json = learnt.json
      }
    }
  }

  #body(request: LlmRequest): Record<string, unknown> {
    const { schema, stop } = request
    const isTold = schema !== undefined && this.#quirks.json !== 'schema'
    return {
      model: this.model,
      messages: toWireMessages(isTold ? withSchema(request.messages, schema) : request.messages),
      stream: true,
      ...(stop ? { stop } : {}),
      ...quirkFields(this.#quirks, request),
      ...toolFields(request),
    }
  }
}

const estimate = (text: string): number => Math.ceil(text.length / CHARS_PER_TOKEN) + 4

const textOf = ({ content }: LlmMessage): string => content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')

/** A server that cannot keep a schema is told it in words, last, where small models look. */
function withSchema(messages: readonly LlmMessage[], schema: Record<string, unknown>): LlmMessage[] {
  const last = messages.at(-1)!
  const text = `Answer only with one JSON object that fits this JSON Schema, without any other text:\n${JSON.stringify(schema)}`
  return [...messages.slice(0, -1), { ...last, content: [...last.content, { type: 'text', text }] }]
}
