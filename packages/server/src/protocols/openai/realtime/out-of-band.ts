import type { Tts } from '../../../engines/tts.ts'
import { createResampler } from '../../../media/resample.ts'
import { type Asker, type AskMessage, estimateTokens, IMAGE_TOKENS } from '../../compat/ask.ts'
import type { Caller, CompatDeps } from '../../compat/deps.ts'
import { asVigiaError } from '../../compat/errors.ts'
import { type Json, list, number, object, text } from '../../compat/read.ts'
import { requireTts, SPEECH_RATE, speak } from '../../compat/speech.ts'
import { readToolChoice, readTools } from '../content.ts'
import { openAiError } from '../errors.ts'
import { readItem } from '../responses-request.ts'
import { voiceOf } from '../speech.ts'
import type { Items } from './items.ts'
import { type Ending, ResponseLife } from './response.ts'
import { formatOf, PCM, partsOf } from './session-parts.ts'

/** A response beside the conversation (`conversation: "none"`): nothing of it is remembered. */

export interface OutOfBand {
  asked: Json
  effective: Json
  items: Items
  deps: CompatDeps
  asker: Asker
  caller: Caller
  send: (events: readonly Json[]) => void
}

/** One that has begun. */
export interface Beside {
  id: string
  /** Never rejects: what fails ends the response. */
  done: Promise<void>
  cancel(): void
}

/**
 * Begins it; the conversation goes on meanwhile.
 *
 * @throws VigiaError for what is wrong with the request
 */
export function outOfBand({ asked, effective, items, deps, asker, caller, send }: OutOfBand, signal: AbortSignal): Beside {
  const { output } = partsOf(effective)
  const wantsSpeech = list(effective.output_modalities)[0] !== 'text'
  const messages = messagesOf(asked, effective, items)
  const format = formatOf(output.format ?? { type: 'audio/pcm' }, 'audio.output.format')
  const head = {
    conversationId: null,
    modality: wantsSpeech ? ('audio' as const) : ('text' as const),
    format,
    formatBody: output.format ?? null,
    voice: output.voice,
    maxOutputTokens: effective.max_output_tokens,
    metadata: asked.metadata,
    addItem: null,
  }
  const tts = wantsSpeech ? requireTts(deps.engines()) : null
  const request = {
    messages,
    tools: readTools(effective.tools),
    toolChoice: readToolChoice(effective.tool_choice),
    maxTokens: effective.max_output_tokens === 'inf' ? undefined : number(effective.max_output_tokens, 'max_output_tokens'),
  }
  const life = new ResponseLife(
    head,
    messages.reduce((sum, message) => sum + tokensOf(message), 0),
  )
  const stop = new AbortController()
  const stopped = AbortSignal.any([signal, stop.signal])
  send(life.begin())

  const run = async (): Promise<Ending> => {
    let ending: Ending = { status: 'completed' }
    let said = ''
    for await (const event of asker.ask(request, caller, stopped)) {
      stopped.throwIfAborted()
      if (event.type === 'text') {
        said += event.text
        send(life.text(event.text))
      } else if (event.type === 'tool_call') send(life.call(event.call.id, event.call.name, event.call.arguments))
      else if (event.finish === 'length') ending = { status: 'incomplete', reason: 'max_output_tokens' }
    }
    if (tts && said !== '')
      for await (const samples of spoken(said, output, tts, stopped)) send(life.audio(samples, format.sampleRate))
    return ending
  }
  const failure = (error: unknown): Ending => {
    if (stop.signal.aborted) return { status: 'cancelled', reason: 'client_cancelled' }
    const { type, code, message } = openAiError(asVigiaError(error as Error)).error
    return { status: 'failed', error: { type, code, message } }
  }
  const done = run()
    .catch(failure)
    .then((ending) => send(life.end(ending)))
  return { id: life.id, done, cancel: () => stop.abort(new Error('the client cancelled the response')) }
}

const tokensOf = ({ content }: AskMessage): number =>
  content.reduce(
    (sum, part) => sum + (part.type === 'text' ? estimateTokens(part.text) : part.type === 'image' ? IMAGE_TOKENS : 0),
    0,
  )

/** At the rate of the format that was asked for. */
async function* spoken(said: string, output: Json, tts: Tts, signal: AbortSignal): AsyncIterable<Int16Array> {
  const { sampleRate } = formatOf(output.format ?? PCM, 'audio.output.format')
  const speed = number(output.speed, 'audio.output.speed', [0.25, 4])
  const resampler = createResampler(SPEECH_RATE, sampleRate)
  for await (const samples of speak({ text: said, voice: voiceOf(output.voice), speed }, tts, signal))
    yield resampler.push(samples)
  yield resampler.end()
}

function messagesOf(asked: Json, effective: Json, items: Items): AskMessage[] {
  const instructions = text(effective.instructions, 'instructions')
  const input = asked.input === undefined || asked.input === null ? items.all : list(asked.input)
  const messages = input.flatMap((one, i) => {
    const item = object(one, `response.input[${i}]`)
    const meant = item.type === 'item_reference' ? items.require(item.id) : item
    return readItem(withWords(meant), `response.input[${i}]`)
  })
  return [
    ...(instructions ? [{ role: 'system' as const, content: [{ type: 'text' as const, text: instructions }] }] : []),
    ...messages,
  ]
}

/** Spoken items stand for their words. */
function withWords(item: Json): Json {
  if (!Array.isArray(item.content)) return item
  const content = item.content.map((part: Json) =>
    typeof part.transcript === 'string' || part.transcript === null ? { type: 'text', text: part.transcript ?? '' } : part,
  )
  return { ...item, content }
}
