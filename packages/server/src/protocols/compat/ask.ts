import { VigiaError } from '@vigia/protocol'
import type { Llm, LlmEvent, LlmMessage, LlmPart, LlmRequest, LlmTool, LlmToolCall } from '../../engines/llm.ts'
import type { AudioUpload } from './audio-upload.ts'
import { decodeAudio } from './audio-upload.ts'
import type { Caller, CompatDeps } from './deps.ts'
import { noLanguageModel } from './errors.ts'
import { jsonAnswer } from './json-answer.ts'
import { guessLanguage } from './language.ts'
import { RequestMedia } from './media.ts'
import { ruleAnswer } from './rule-answer.ts'

/**
 * One question with text, pictures and sound, however an API writes it, and its answer as a stream. With a language model that
 * answers; without one a picture gets what was measured of it, a recording its words, and text the answer of the rules.
 */

export type AskPart =
  | { type: 'text'; text: string }
  | { type: 'image'; bytes: Uint8Array }
  | { type: 'audio'; audio: AudioUpload }

export interface AskMessage {
  role: 'system' | 'user' | 'assistant' | 'tool'
  content: AskPart[]
  toolCalls?: LlmToolCall[]
  toolCallId?: string
}

export interface AskRequest {
  messages: AskMessage[]
  maxTokens?: number | undefined
  temperature?: number | undefined
  topP?: number | undefined
  seed?: number | undefined
  stop?: string[] | undefined
  /** The answer must be JSON; with a schema, fit it. */
  json?: { schema?: Record<string, unknown> | undefined } | undefined
  tools?: LlmTool[] | undefined
  toolChoice?: LlmRequest['toolChoice'] | undefined
  /** At most one call of a function. */
  oneCall?: boolean | undefined
}

/** Most pictures and recordings of one request. */
const MAX_MEDIA = 16
const DEFAULT_MAX_TOKENS = 1024

export class Asker {
  readonly #deps: CompatDeps
  readonly #media: RequestMedia

  constructor(deps: CompatDeps) {
    this.#deps = deps
    this.#media = new RequestMedia(deps)
  }

  /**
   * Media are checked before the first event comes.
   *
   * @throws VigiaError `engine_unavailable` without a model for it; what is wrong with a picture or recording; what the model failed with
   */
  async *ask(request: AskRequest, caller: Caller, signal: AbortSignal): AsyncIterable<LlmEvent> {
    const count = request.messages.reduce((sum, { content }) => sum + content.filter((part) => part.type !== 'text').length, 0)
    if (count > MAX_MEDIA)
      throw new VigiaError('invalid_request', `Expected at most ${MAX_MEDIA} pictures and recordings, got ${count}.`)
    const { llm } = this.#deps.engines()
    const frameIds: string[] = []
    try {
      if (!llm) yield* this.#measured(request, caller, frameIds, signal)
      else {
        const messages = await this.#resolve(request.messages, llm, caller, frameIds, signal)
        const base: LlmRequest = { messages, maxTokens: request.maxTokens ?? DEFAULT_MAX_TOKENS, ...settingsOf(request, llm) }
        const events = request.json ? jsonAnswer(llm, base, request.json.schema, signal) : llm.generate(base, signal)
        yield* request.oneCall ? withOneCall(events) : events
      }
    } finally {
      await this.#media.forget(frameIds, caller)
    }
  }

  /** The words of a recording. @throws VigiaError of recognition */
  heard(audio: AudioUpload, caller: Caller, signal: AbortSignal): Promise<string> {
    return this.#media.transcript(audio, caller, signal)
  }

  /** Tokens of a prompt: the model's own count where there is one, else four characters a token. Pictures count as 258, as at the vendor. */
  async countTokens(messages: readonly AskMessage[]): Promise<{ text: number; image: number; audio: number }> {
    const { llm } = this.#deps.engines()
    const counts = { text: 0, image: 0, audio: 0 }
    for (const part of messages.flatMap(({ content }) => content)) {
      if (part.type === 'image') counts.image += IMAGE_TOKENS
      else if (part.type === 'audio')
        counts.audio += Math.ceil((await decodeAudio(part.audio)).length / 16_000) * AUDIO_TOKENS_PER_SECOND
      else counts.text += llm ? await llm.countTokens(part.text) : estimateTokens(part.text)
    }
    return counts
  }

  async #resolve(
    messages: readonly AskMessage[],
    llm: Llm,
    caller: Caller,
    frameIds: string[],
    signal: AbortSignal,
  ): Promise<LlmMessage[]> {
    const out: LlmMessage[] = []
    for (const { content, ...message } of messages) {
      const parts: LlmPart[] = []
      for (const part of content) parts.push(await this.#part(part, llm, caller, frameIds, signal))
      out.push({ ...message, content: parts })
    }
    return out
  }

  async #part(part: AskPart, llm: Llm, caller: Caller, frameIds: string[], signal: AbortSignal): Promise<LlmPart> {
    if (part.type === 'text') return part
    if (part.type === 'image') {
      const picture = await this.#media.picture(part.bytes, caller)
      frameIds.push(picture.frameId)
      if (llm.capabilities.images) return { type: 'image', jpeg: await picture.jpeg() }
      const { description, text_visible: texts } = await picture.observation
      return { type: 'text', text: `[Imagen: ${[description, ...texts.map((text) => `"${text}"`)].join(' ')}]` }
    }
    if (llm.capabilities.audio) return { type: 'audio', samples: await decodeAudio(part.audio), sampleRate: 16_000 }
    return { type: 'text', text: await this.#media.transcript(part.audio, caller, signal) }
  }

  /** Without a language model: only what was seen, heard or follows from a rule, never an invention. */
  async *#measured(request: AskRequest, caller: Caller, frameIds: string[], signal: AbortSignal): AsyncIterable<LlmEvent> {
    if (request.toolChoice === 'required' || typeof request.toolChoice === 'object') throw noLanguageModel('Calling a function')
    if (request.json?.schema) throw noLanguageModel('An answer that fits a schema')
    const last = request.messages.findLast((message) => message.role === 'user')
    if (!last) throw noLanguageModel()
    const prompt = textOf(last)
    const language = guessLanguage(prompt)
    const answers: string[] = []
    for (const part of last.content) {
      if (part.type === 'image') {
        const picture = await this.#media.picture(part.bytes, caller, { language, ...(prompt ? { prompt } : {}) })
        frameIds.push(picture.frameId)
        const observation = await picture.observation
        answers.push(request.json ? JSON.stringify(observation) : observation.description)
      } else if (part.type === 'audio') {
        const text = await this.#media.transcript(part.audio, caller, signal)
        answers.push(request.json ? JSON.stringify({ text }) : text)
      }
    }
    if (answers.length === 0) {
      if (request.json) throw noLanguageModel('An answer in JSON')
      answers.push(await ruleAnswer(prompt, language, request.messages, this.#deps))
    }
    const text = request.json && answers.length > 1 ? `[${answers.join(',')}]` : answers.join('\n')
    yield { type: 'text', text }
    const { text: textTokens, image, audio } = await this.countTokens(request.messages)
    yield { type: 'done', finish: 'stop', usage: { inputTokens: textTokens + image + audio, outputTokens: estimateTokens(text) } }
  }
}

/** The first call alone: what a model calls beside it is not told. */
async function* withOneCall(events: AsyncIterable<LlmEvent>): AsyncIterable<LlmEvent> {
  let calls = 0
  for await (const event of events) if (event.type !== 'tool_call' || calls++ === 0) yield event
}

export const IMAGE_TOKENS = 258
const AUDIO_TOKENS_PER_SECOND = 32

export const estimateTokens = (text: string): number => Math.ceil(text.length / 4)

export const textOf = ({ content }: Pick<AskMessage, 'content'>): string =>
  content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('\n')

/** @throws VigiaError `not_supported` for functions on a model that has none */
function settingsOf(request: AskRequest, llm: Llm): Partial<LlmRequest> {
  const { temperature, topP, seed, stop, tools, toolChoice } = request
  if (tools?.length && toolChoice !== 'none' && !llm.capabilities.tools) {
    throw new VigiaError('not_supported', `The loaded language model (${llm.model}) cannot call functions.`, {
      hint: 'Leave the tools out, or load a model that can.',
    })
  }
  return {
    ...(temperature === undefined ? {} : { temperature }),
    ...(topP === undefined ? {} : { topP }),
    ...(seed === undefined ? {} : { seed }),
    ...(stop?.length ? { stop } : {}),
    ...(tools?.length && toolChoice !== 'none' ? { tools, toolChoice: toolChoice ?? 'auto' } : {}),
  }
}
