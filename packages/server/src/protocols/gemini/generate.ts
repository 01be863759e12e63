import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LlmEvent } from '../../engines/llm.ts'
import { int16ToBytes } from '../../media/sample-format.ts'
import { FragmentSplitter } from '../../session/answering/sentences.ts'
import type { Asker } from '../compat/ask.ts'
import { joinSamples } from '../compat/audio-upload.ts'
import { abortedWith, type Caller, type CompatDeps } from '../compat/deps.ts'
import { asVigiaError } from '../compat/errors.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { peeked } from '../compat/peek.ts'
import { type Json, object } from '../compat/read.ts'
import { requireTts, speak } from '../compat/speech.ts'
import { EventStream } from '../compat/sse.ts'
import { camelCased } from './case.ts'
import { readContents, readSystem } from './content.ts'
import { geminiError } from './errors.ts'
import { allowedTools, CONFIG_FIELDS, GENERATE_FIELDS, type GenerateRequest, readGenerate } from './request.ts'
import { GenerateBuilder, promptDetails } from './response.ts'

/** `generateContent`, `streamGenerateContent` and `countTokens`. */

export class GenerateContent {
  readonly #deps: CompatDeps
  readonly #asker: Asker
  readonly #fields: FieldLog

  constructor(deps: CompatDeps, asker: Asker, fields: FieldLog) {
    this.#deps = deps
    this.#asker = asker
    this.#fields = fields
  }

  async whole(model: string, caller: Caller, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
    const wanted = this.#read(request)
    const signal = abortedWith(reply)
    const builder = new GenerateBuilder(model, wanted.bareEnum)
    const parts: Json[] = []
    let text = ''
    let done: Extract<LlmEvent, { type: 'done' }> | null = null
    if (wanted.speech) requireTts(this.#deps.engines())
    for await (const event of this.#events(wanted, caller, signal)) {
      if (event.type === 'done') done = event
      else if (event.type === 'text') text += event.text
      else parts.push(...builder.parts(event))
    }
    const said = wanted.speech ? await this.#spoken(text, wanted.speech, signal) : builder.parts({ type: 'text', text })
    return builder.last([...said, ...parts], done, await this.#asker.countTokens(wanted.ask.messages))
  }

  /** @param sse - `alt=sse`; else one JSON array, streamed */
  async stream(model: string, sse: boolean, caller: Caller, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const wanted = this.#read(request)
    const signal = abortedWith(reply)
    const builder = new GenerateBuilder(model, wanted.bareEnum)
    if (wanted.speech) requireTts(this.#deps.engines())
    const events = await peeked(this.#events(wanted, caller, signal))
    const out = new EventStream(reply, sse ? undefined : 'application/json')
    let count = 0
    const send = (body: unknown): Promise<void> =>
      sse ? out.event(body) : out.raw(`${count++ === 0 ? '[' : ',\r\n'}${JSON.stringify(body)}`)
    try {
      let done: Extract<LlmEvent, { type: 'done' }> | null = null
      const say = async (parts: Json[]): Promise<void> => {
        if (parts.length > 0) await send(builder.chunk(parts))
      }
      const sentences = new FragmentSplitter()
      for await (const event of events) {
        if (event.type === 'done') done = event
        if (event.type !== 'text' || !wanted.speech) await say(builder.parts(event))
        else for (const sentence of sentences.push(event.text)) await say(await this.#spoken(sentence, wanted.speech, signal))
      }
      if (wanted.speech) for (const sentence of sentences.end()) await say(await this.#spoken(sentence, wanted.speech, signal))
      await send(builder.last([], done, await this.#asker.countTokens(wanted.ask.messages)))
    } catch (error) {
      if (!signal.aborted) await send({ error: geminiError(asVigiaError(error as Error)) })
    }
    if (!sse) await out.raw(']')
    out.end()
    return reply
  }

  async count(request: FastifyRequest): Promise<unknown> {
    const body = object(camelCased(request.body), 'body')
    const inner = object(body.generateContentRequest ?? body, 'generateContentRequest')
    const counts = await this.#asker.countTokens([...readSystem(inner.systemInstruction), ...readContents(inner.contents)])
    return { totalTokens: counts.text + counts.image + counts.audio, promptTokensDetails: promptDetails(counts) }
  }

  #read(request: FastifyRequest): GenerateRequest {
    const wanted = readGenerate(request.body)
    this.#fields.unused('gemini.generateContent', wanted.body, GENERATE_FIELDS)
    this.#fields.unused('gemini.generationConfig', object(wanted.body.generationConfig, 'generationConfig'), CONFIG_FIELDS)
    return wanted
  }

  #events(wanted: GenerateRequest, caller: Caller, signal: AbortSignal): AsyncIterable<LlmEvent> {
    return this.#asker.ask({ ...wanted.ask, tools: allowedTools(wanted) }, caller, signal)
  }

  async #spoken(text: string, { voice, language }: NonNullable<GenerateRequest['speech']>, signal: AbortSignal): Promise<Json[]> {
    if (text.trim() === '') return []
    const samples = await Array.fromAsync(speak({ text, voice, language }, requireTts(this.#deps.engines()), signal))
    const data = Buffer.from(int16ToBytes(joinSamples(samples))).toString('base64')
    return [{ inlineData: { mimeType: 'audio/L16;codec=pcm;rate=24000', data } }]
  }
}
