import type { Llm, LlmCapabilities, LlmRequest } from '../../llm.ts'

/** A model that answers what the test wrote down, in order, and keeps what it was asked. The last answer stays. */
export function scriptedLlm(
  answers: readonly (string | Error)[],
  capabilities: Partial<LlmCapabilities> = {},
): Llm & { requests: LlmRequest[]; disposed: number } {
  const llm = {
    id: 'scripted',
    model: 'script',
    capabilities: { contextTokens: 8192, images: true, audio: false, tools: false, json: 'none' as const, ...capabilities },
    requests: [] as LlmRequest[],
    disposed: 0,
    async *generate(request: LlmRequest, signal: AbortSignal) {
      signal.throwIfAborted()
      llm.requests.push(request)
      const answer = answers[Math.min(llm.requests.length, answers.length) - 1] ?? ''
      if (answer instanceof Error) throw answer
      for (let at = 0; at < answer.length; at += 40) {
        signal.throwIfAborted()
        yield { type: 'text' as const, text: answer.slice(at, at + 40) }
      }
      yield { type: 'done' as const, finish: 'stop' as const, usage: { inputTokens: 1, outputTokens: 1 } }
    },
    countTokens: async (text: string) => Math.ceil(text.length / 3),
    async [Symbol.asyncDispose]() {
      llm.disposed += 1
    },
  }
  return llm
}

/** A good answer about a kitchen, changed as the test needs. */
export const kitchenAnswer = (change: Record<string, unknown> = {}): string =>
  JSON.stringify({
    dangers: [],
    description: 'Es una cocina con una mesa de madera y una taza.',
    people: [],
    objects: ['una taza en el centro', 'una mesa de madera delante'],
    text_visible: [],
    surroundings: 'interior, una cocina con luz de ventana',
    activities: [],
    suggestions: [],
    uncertain: [],
    ...change,
  })

export const knife = {
  what: 'un cuchillo',
  why: 'corte',
  where: 'al borde de la mesa',
  severity: 'high',
  certainty: 'high',
} as const
