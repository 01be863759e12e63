import { randomUUID } from 'node:crypto'
import { VigiaError } from '@vigia/protocol'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { LlmEvent } from '../../engines/llm.ts'
import { int16ToBytes } from '../../media/sample-format.ts'
import type { Asker } from '../compat/ask.ts'
import { joinSamples } from '../compat/audio-upload.ts'
import { abortedWith, type CompatDeps, callerOf, keptUnless } from '../compat/deps.ts'
import { asVigiaError } from '../compat/errors.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { resolveModel } from '../compat/models.ts'
import { peeked } from '../compat/peek.ts'
import { wrong } from '../compat/read.ts'
import { requireTts, speak } from '../compat/speech.ts'
import { SPEECH_FORMATS, type SpeechFormat, speechEncoder } from '../compat/speech-encoders.ts'
import { EventStream } from '../compat/sse.ts'
import { CHAT_FIELDS, type ChatRequest, readChat } from './chat-request.ts'
import { openAiError } from './errors.ts'

/** `POST /v1/chat/completions`, in one piece or streamed, with words or also with a voice. */

export function chatHandler(deps: CompatDeps, asker: Asker, fields: FieldLog) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const chat = readChat(request.body)
    const caller = keptUnless(callerOf(request, deps), !chat.store)
    fields.unused('openai.chat', request.body as object, CHAT_FIELDS)
    const model = resolveModel(chat.model, 'chat', deps)
    if (chat.audio) checkAudio(chat, deps)
    const signal = abortedWith(reply)
    const events = asker.ask(chat.ask, caller, signal)
    const head = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(deps.clock.wallMs() / 1000), model }
    if (chat.stream) return streamChat(chat, head, await peeked(events), deps, reply, signal)
    return reply.send(await wholeChat(chat, head, events, deps, signal))
  }
}

interface Head {
  id: string
  created: number
  model: string
}

type Usage = Extract<LlmEvent, { type: 'done' }>['usage']
const usageBody = ({ inputTokens, outputTokens }: Usage) => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
})
const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 }

async function wholeChat(
  { audio }: ChatRequest,
  head: Head,
  events: AsyncIterable<LlmEvent>,
  deps: CompatDeps,
  signal: AbortSignal,
) {
  let text = ''
  const calls: object[] = []
  let finish: string = 'stop'
  let usage = NO_USAGE
  for await (const event of events) {
    if (event.type === 'text') text += event.text
    else if (event.type === 'tool_call') {
      const { id, name, arguments: args } = event.call
      calls.push({ id, type: 'function', function: { name, arguments: args } })
    } else {
      finish = event.finish
      usage = event.usage
    }
  }
  const spoken = audio && text !== '' ? await wholeAudio(text, audio, deps, signal) : null
  const message = {
    role: 'assistant',
    content: spoken || (calls.length > 0 && text === '') ? null : text,
    refusal: null,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
    ...(spoken ? { audio: spoken } : {}),
  }
  const choice = { index: 0, message, logprobs: null, finish_reason: calls.length > 0 ? 'tool_calls' : finish }
  return { ...head, object: 'chat.completion', choices: [choice], usage: usageBody(usage) }
}

const AUDIO_LIFETIME_S = 3600

async function wholeAudio(
  text: string,
  { voice, format }: NonNullable<ChatRequest['audio']>,
  deps: CompatDeps,
  signal: AbortSignal,
) {
  const encode = await speechEncoder((format === 'pcm16' ? 'pcm' : format) as SpeechFormat)
  const pieces = await Array.fromAsync(encode(speak({ text, voice }, requireTts(deps.engines()), signal)))
  return {
    id: `audio_${randomUUID()}`,
    data: Buffer.concat(pieces).toString('base64'),
    expires_at: Math.floor(deps.clock.wallMs() / 1000) + AUDIO_LIFETIME_S,
    transcript: text,
  }
}

/** @throws VigiaError `engine_unavailable`, `invalid_request`, `unsupported_codec` */
function checkAudio({ audio, stream }: ChatRequest, deps: CompatDeps): void {
  requireTts(deps.engines())
  const known: readonly string[] = stream ? ['pcm16'] : ['pcm16', ...SPEECH_FORMATS.filter((format) => format !== 'pcm')]
  if (!known.includes(audio!.format)) throw wrong('audio.format', known.join(', '), audio!.format)
  if (audio!.format === 'aac' || audio!.format === 'flac')
    throw new VigiaError('unsupported_codec', `Speech as "${audio!.format}" is not made here.`)
}

async function streamChat(
  chat: ChatRequest,
  head: Head,
  events: AsyncIterable<LlmEvent>,
  deps: CompatDeps,
  reply: FastifyReply,
  signal: AbortSignal,
): Promise<FastifyReply> {
  const out = new EventStream(reply)
  const chunk = (choices: object[], rest: object = {}) =>
    out.event({ ...head, object: 'chat.completion.chunk', choices, ...rest })
  const delta = (content: object, finish: string | null = null) =>
    chunk([{ index: 0, delta: content, logprobs: null, finish_reason: finish }])
  try {
    await delta({ role: 'assistant', content: chat.audio ? null : '', refusal: null })
    let calls = 0
    let text = ''
    let done: Extract<LlmEvent, { type: 'done' }> | null = null
    for await (const event of events) {
      if (event.type === 'text') {
        text += event.text
        if (!chat.audio) await delta({ content: event.text })
      } else if (event.type === 'tool_call') {
        const { id, name, arguments: args } = event.call
        await delta({ tool_calls: [{ index: calls, id, type: 'function', function: { name, arguments: '' } }] })
        await delta({ tool_calls: [{ index: calls, function: { arguments: args } }] })
        calls += 1
      } else done = event
    }
    if (chat.audio && text !== '') await streamAudio(text, chat.audio.voice, deps, delta, signal)
    await delta({}, calls > 0 ? 'tool_calls' : (done?.finish ?? 'stop'))
    if (chat.includeUsage) await chunk([], { usage: usageBody(done?.usage ?? NO_USAGE) })
    await out.event('[DONE]')
  } catch (error) {
    if (!signal.aborted) await out.event({ error: openAiError(asVigiaError(error as Error)).error })
  }
  out.end()
  return reply
}

async function streamAudio(
  text: string,
  voice: string | undefined,
  deps: CompatDeps,
  delta: (content: object) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const id = `audio_${randomUUID()}`
  await delta({ audio: { id, transcript: text } })
  for await (const samples of speak({ text, voice }, requireTts(deps.engines()), signal)) {
    if (samples.length > 0)
      await delta({ audio: { id, data: Buffer.from(int16ToBytes(joinSamples([samples]))).toString('base64') } })
  }
  await delta({ audio: { id, expires_at: Math.floor(deps.clock.wallMs() / 1000) + AUDIO_LIFETIME_S } })
}
