import type { FastifyReply, FastifyRequest } from 'fastify'
import { estimateTokens } from '../compat/ask.ts'
import { abortedWith, type CompatDeps, callerOf } from '../compat/deps.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { resolveModel } from '../compat/models.ts'
import { FieldError, isObject, number, object, oneOf, text } from '../compat/read.ts'
import { requireTts, SPEECH_RATE, speak } from '../compat/speech.ts'
import { SPEECH_FORMATS, SPEECH_TYPES, speechEncoder } from '../compat/speech-encoders.ts'
import { EventStream } from '../compat/sse.ts'

/** `POST /v1/audio/speech`: sound as it is made, or as server-sent events. */

const USED = new Set(['model', 'input', 'voice', 'response_format', 'speed', 'stream_format'])
const MAX_CHARS = 20_000

export function speechHandler(deps: CompatDeps, fields: FieldLog) {
  return async (request: FastifyRequest, reply: FastifyReply) => {
    callerOf(request, deps)
    const body = object(request.body, 'body')
    fields.unused('openai.speech', body, USED)
    resolveModel(text(body.model, 'model'), 'speech', deps)
    const input = text(body.input, 'input')?.trim() ?? ''
    if (input === '' || input.length > MAX_CHARS)
      throw new FieldError('input', `Expected 'input' to have 1 to ${MAX_CHARS} characters, got ${input.length}.`)
    const format = oneOf(body.response_format, 'response_format', SPEECH_FORMATS) ?? 'mp3'
    const asEvents = oneOf(body.stream_format, 'stream_format', ['audio', 'sse']) === 'sse'
    const asked = { text: input, voice: voiceOf(body.voice), speed: number(body.speed, 'speed', [0.25, 4]) }
    const encode = await speechEncoder(format)
    let samples = 0
    const tts = requireTts(deps.engines())
    const speech = counted(speak(asked, tts, abortedWith(reply)), (count) => (samples += count))
    // the first piece comes before the status: a voice that fails at once is an error, not an empty file
    const pieces = encode(speech)[Symbol.asyncIterator]()
    const first = await pieces.next()
    const events = new EventStream(reply, asEvents ? undefined : SPEECH_TYPES[format])
    const send = (bytes: Uint8Array): Promise<void> =>
      asEvents ? events.event({ type: 'speech.audio.delta', audio: Buffer.from(bytes).toString('base64') }) : events.raw(bytes)
    try {
      for (let piece = first; !piece.done; piece = await pieces.next()) await send(piece.value)
    } catch (error) {
      reply.raw.destroy() // a cut file must not look whole
      throw error
    }
    if (asEvents) await events.event({ type: 'speech.audio.done', usage: usage(input, samples) })
    events.end()
    return reply
  }
}

/** A name, or `{id}`. */
export const voiceOf = (voice: unknown): string | undefined =>
  isObject(voice) ? text(voice.id, 'voice.id') : text(voice, 'voice')

async function* counted(speech: AsyncIterable<Int16Array>, count: (samples: number) => void): AsyncIterable<Int16Array> {
  for await (const samples of speech) {
    count(samples.length)
    yield samples
  }
}

/** Sound counts 20 tokens a second, as at the vendor. */
function usage(input: string, samples: number) {
  const [input_tokens, output_tokens] = [estimateTokens(input), Math.ceil((samples / SPEECH_RATE) * 20)]
  return { input_tokens, output_tokens, total_tokens: input_tokens + output_tokens }
}
