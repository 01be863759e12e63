import type { Engines } from '../../../src/engines/catalog.ts'
import type { Llm, LlmCapabilities, LlmEvent, LlmRequest } from '../../../src/engines/llm.ts'
import type { Tts } from '../../../src/engines/tts.ts'

/** Engines that say what a test tells them: everything around them is the real server. */

/** One answer: words to stream, calls of functions, or an error. */
export interface ScriptedAnswer {
  text?: string
  calls?: { id?: string; name: string; args: unknown }[]
  error?: Error
  /** Cut by the token limit. */
  cut?: boolean
  /** Waits before the first word, and between words. */
  delayMs?: number
}

export interface ScriptedLlm extends Llm {
  /** Every request that came, oldest first. */
  readonly requests: LlmRequest[]
  /** Answers that were cut short by their asker. */
  aborted: number
  /** Answers to come, in order; then `otherwise`. */
  script(...answers: ScriptedAnswer[]): void
  otherwise: ScriptedAnswer
  /** Answers by the user's last words; goes before the script. */
  when(words: RegExp, answer: ScriptedAnswer | (() => ScriptedAnswer)): void
}

export function scriptedLlm(capabilities: Partial<LlmCapabilities> = {}): ScriptedLlm {
  const queue: ScriptedAnswer[] = []
  const rules: [RegExp, ScriptedAnswer | (() => ScriptedAnswer)][] = []
  const llm: ScriptedLlm = {
    id: 'scripted',
    model: 'scripted-7b',
    capabilities: { contextTokens: 8192, images: true, audio: false, tools: true, json: 'grammar', ...capabilities },
    requests: [],
    aborted: 0,
    otherwise: { text: 'De acuerdo.' },
    when: (words, answer) => void rules.unshift([words, answer]),
    script: (...answers) => void queue.push(...answers),
    countTokens: async (text) => Math.ceil(text.length / 4),
    async *generate(request, signal): AsyncIterable<LlmEvent> {
      llm.requests.push(request)
      const rule = rules.find(([words]) => words.test(lastWords(request)))?.[1]
      const answer = (typeof rule === 'function' ? rule() : rule) ?? queue.shift() ?? llm.otherwise
      try {
        yield* play(answer, signal)
      } finally {
        if (signal.aborted) llm.aborted += 1
      }
    },
    async [Symbol.asyncDispose]() {},
  }
  return llm
}

/** What the model was told last: the user's words, or a tool's result. */
export const lastWords = ({ messages }: LlmRequest): string =>
  messages
    .at(-1)!
    .content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`))
    .join(' ')

async function* play(
  { text = '', calls = [], error, cut, delayMs = 0 }: ScriptedAnswer,
  signal: AbortSignal,
): AsyncIterable<LlmEvent> {
  if (error) throw error
  const pieces = text.match(/\S+\s*/g) ?? []
  for (const piece of pieces) {
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs))
    signal.throwIfAborted()
    yield { type: 'text', text: piece }
  }
  for (const [i, call] of calls.entries()) {
    yield { type: 'tool_call', call: { id: call.id ?? `call_${i}`, name: call.name, arguments: JSON.stringify(call.args) } }
  }
  const finish = cut ? 'length' : calls.length > 0 ? 'tool_calls' : 'stop'
  yield { type: 'done', finish, usage: { inputTokens: 42, outputTokens: pieces.length } }
}

/** A voice that hums 60 ms for each character. */
export function scriptedTts(): Tts & { spoken: string[] } {
  const spoken: string[] = []
  return {
    id: 'scripted',
    model: 'humming',
    voices: [{ id: 'hum', language: 'es', name: 'Hum' }],
    spoken,
    async *synthesize({ text }, signal) {
      spoken.push(text)
      signal.throwIfAborted()
      yield { samples: tone((text.length * 60 * 16_000) / 1000, 220, 16_000), sampleRate: 16_000 }
    },
    async [Symbol.asyncDispose]() {},
  }
}

export function tone(samples: number, hz: number, sampleRate: number): Int16Array {
  return Int16Array.from({ length: Math.round(samples) }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / sampleRate)),
  )
}

/** The embedded engines with these in their place. */
export const withEngines =
  (replaced: Partial<Pick<Engines, 'llm' | 'tts' | 'vision' | 'finalAsr' | 'liveAsr'>>) =>
  (engines: Engines): Engines =>
    new Proxy(engines, {
      get: (target, name) => (name in replaced ? Reflect.get(replaced, name) : Reflect.get(target, name, target)),
    })
