import { VigiaError } from '@vigia/protocol'
import type { Llm, LlmMessage, LlmPart, LlmRequest, LlmToolCall } from '../../engines/llm.ts'
import type { Clock } from '../../std/clock.ts'
import type { AnswerEvent, Answerer, AnswerRequest } from './answerer.ts'
import { textsOf } from './texts.ts'
import { type ToolRunner, untilAborted } from './tools.ts'

/** Answers by a language model, with tools; where the model hears by itself (omni), it gets the sound of the turn. */

export interface LlmAnswererOptions {
  llm: Llm
  tools: ToolRunner
  clock: Clock
  /** Longest wait for the next token. */
  stallMs: number
  /** A tool slower than this is told by voice. */
  progressMs: number
  /** The sound of the turn goes to the model instead of words. */
  omni: boolean
}

const MAX_ROUNDS = 4
const MAX_TOKENS = 400

export function openLlmAnswerer(options: LlmAnswererOptions): Answerer {
  return {
    id: options.llm.id,
    answer: (request, signal) => answer(request, signal, options),
  }
}

async function* answer(request: AnswerRequest, signal: AbortSignal, options: LlmAnswererOptions): AsyncIterable<AnswerEvent> {
  const messages = promptOf(request, options)
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const calls: LlmToolCall[] = []
    let text = ''
    yield { type: 'asked' }
    for await (const event of generate(messages, request, round, signal, options)) {
      if (event.type === 'text') {
        text += event.text
        yield { type: 'text', text: event.text }
      } else if (event.type === 'tool_call') calls.push(event.call)
      else if (event.finish === 'length') yield { type: 'cut' }
    }
    if (calls.length === 0) break
    const round_: LlmMessage[] = [{ role: 'assistant', content: text === '' ? [] : [{ type: 'text', text }], toolCalls: calls }]
    // all at once: a client may answer them in any order
    const results = Promise.all(calls.map((call) => options.tools.run(call, signal, request.released)))
    const quick = await Promise.race([results.then(() => true), slow(options, signal)])
    if (!quick) yield { type: 'aside', text: textsOf(request.language).progress }
    for (const [i, text] of (await results).entries())
      round_.push({ role: 'tool', toolCallId: calls[i]!.id, content: [{ type: 'text', text }] })
    messages.push(...round_)
  }
}

function slow({ clock, progressMs }: LlmAnswererOptions, signal: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    const stop = clock.setTimeout(() => resolve(false), progressMs)
    signal.addEventListener('abort', stop, { once: true })
  })
}

/** The model's stream; a stall of `stallMs` is an error, not silence. */
async function* generate(
  messages: LlmMessage[],
  request: AnswerRequest,
  round: number,
  signal: AbortSignal,
  { llm, tools, clock, stallMs }: LlmAnswererOptions,
): ReturnType<Llm['generate']> {
  const abort = new AbortController()
  const both = AbortSignal.any([signal, abort.signal])
  const forced = round === 0 ? request.forcedTools : undefined
  const all = llm.capabilities.tools && round < MAX_ROUNDS - 1 ? tools.specs : []
  const specs = forced ? all.filter(({ name }) => forced.includes(name)) : all
  const stream = llm.generate(
    {
      messages,
      maxTokens: request.maxTokens ?? MAX_TOKENS,
      temperature: request.temperature ?? 0.6,
      ...(specs.length > 0 ? { tools: specs, toolChoice: forced ? choiceOf(forced) : 'auto' } : {}),
    },
    both,
  )
  const iterator = stream[Symbol.asyncIterator]()
  let failed: unknown = null
  try {
    for (;;) {
      const stop = clock.setTimeout(() => {
        failed = new VigiaError('engine_timeout', `The language model said nothing for ${stallMs / 1000} s.`, {
          hint: 'See whether its server is overloaded.',
        })
        abort.abort(failed)
      }, stallMs)
      const next = await untilAborted(Promise.resolve(iterator.next()), both).finally(stop)
      if (next.done) return
      yield next.value
    }
  } finally {
    abort.abort(failed ?? new VigiaError('aborted', 'the answer is over'))
    void Promise.resolve(iterator.return?.()).catch(() => {})
  }
}

const choiceOf = (forced: readonly string[]): LlmRequest['toolChoice'] =>
  forced.length === 1 ? { name: forced[0]! } : 'required'

/** System text, conversation, then the turn with what is known of the newest photo. */
function promptOf(request: AnswerRequest, { llm, omni }: LlmAnswererOptions): LlmMessage[] {
  const texts = textsOf(request.language)
  const system = [texts.system, request.instructions ?? ''].filter((text) => text !== '').join('\n')
  const turn: LlmPart[] = []
  const { frame } = request
  if (frame && (request.aboutSight || frame.ageMs < 60_000)) {
    turn.push({ type: 'text', text: texts.photoNote(frame.ageMs / 1000, describe(frame.seen.observation)) })
    if (llm.capabilities.images && frame.jpeg) turn.push({ type: 'image', jpeg: frame.jpeg })
  } else if (request.aboutSight) {
    turn.push({ type: 'text', text: texts.noPhotoNote })
  }
  if (omni && request.audio && llm.capabilities.audio) turn.push({ type: 'audio', ...request.audio })
  else if (request.text !== '') turn.push({ type: 'text', text: request.text })
  return [
    { role: 'system', content: [{ type: 'text', text: system }] },
    ...request.history,
    ...(turn.length > 0 ? [{ role: 'user' as const, content: turn }] : []),
  ]
}

function describe({ description, text_visible: texts }: { description: string; text_visible: string[] }): string {
  return texts.length > 0 ? `${description} Texto: ${texts.join(' / ')}` : description
}
