import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Llm, LlmEvent, LlmRequest } from '../llm.ts'

/** What every language model promises. `schema` tests need grammar or a server that keeps schemas. */
export function llmContract(name: string, open: () => Promise<Llm>): void {
  describe(`${name} as a language model`, () => {
    let llm: Llm
    beforeAll(async () => {
      llm = await open()
    })
    afterAll(async () => llm[Symbol.asyncDispose]())

    it('streams text and says last why it ended and what it took', async () => {
      const events = await collect(llm, ask('Di algo.'))
      const done = events.at(-1)
      expect(done).toMatchObject({ type: 'done' })
      expect(events.filter(({ type }) => type === 'done')).toHaveLength(1)
      expect(events.slice(0, -1).every((event) => event.type === 'text' && event.text.length > 0)).toBe(true)
      expect(usageOf(done).inputTokens).toBeGreaterThan(0)
      expect(usageOf(done).outputTokens).toBeGreaterThan(0)
    })

    it('keeps a schema', async () => {
      const text = textOf(await collect(llm, { ...ask('Elige.'), schema: SCHEMA, maxTokens: 200 }))
      const value = JSON.parse(text) as { kind: string; sure: boolean; marks: string[] }
      expect(['a', 'b']).toContain(value.kind)
      expect(typeof value.sure).toBe('boolean')
      expect(value.marks.length).toBeLessThanOrEqual(2)
      expect(value.marks.every((mark) => mark === 'x' || mark === 'y')).toBe(true)
    })

    it('says that the answer was cut when it reaches maxTokens', async () => {
      const events = await collect(llm, { ...ask('Cuenta sin fin.'), maxTokens: 3 })
      expect(events.at(-1)).toMatchObject({ type: 'done', finish: 'length' })
    })

    it('answers two requests at once, each with its own text', async () => {
      const schemaOf = (word: string) => ({
        type: 'object',
        properties: { word: { type: 'string', enum: [word] } },
        required: ['word'],
        additionalProperties: false,
      })
      const words = ['norte', 'sur']
      const answers = await Promise.all(
        words.map(async (word) => textOf(await collect(llm, { ...ask(word), schema: schemaOf(word), maxTokens: 100 }))),
      )
      expect(answers.map((text) => (JSON.parse(text) as { word: string }).word)).toEqual(words)
    })

    it('stops with the reason of its signal, before and while it answers, and goes on serving', async () => {
      const reason = new Error('barge-in')
      await expect(collect(llm, ask('Nada.'), AbortSignal.abort(reason))).rejects.toBe(reason)
      const stop = new AbortController()
      const reading = (async () => {
        for await (const event of llm.generate({ ...ask('Cuenta sin fin.'), maxTokens: 2000 }, stop.signal))
          if (event.type === 'text') stop.abort(reason)
      })()
      await expect(reading).rejects.toBe(reason)
      expect(textOf(await collect(llm, ask('Sigue.')))).toBeTypeOf('string')
    })

    it('counts tokens, more for more text', async () => {
      const few = await llm.countTokens('hola')
      const many = await llm.countTokens('hola, esto es una frase bastante más larga que la otra')
      expect(few).toBeGreaterThan(0)
      expect(many).toBeGreaterThan(few)
    })
  })
}

export const SCHEMA = {
  type: 'object',
  properties: {
    kind: { type: 'string', enum: ['a', 'b'] },
    sure: { type: 'boolean' },
    marks: { type: 'array', items: { type: 'string', enum: ['x', 'y'] }, maxItems: 2 },
  },
  required: ['kind', 'sure', 'marks'],
  additionalProperties: false,
}

export const ask = (text: string): LlmRequest => ({
  messages: [{ role: 'user', content: [{ type: 'text', text }] }],
  maxTokens: 40,
  temperature: 0,
  seed: 1,
})

export async function collect(llm: Llm, request: LlmRequest, signal = new AbortController().signal): Promise<LlmEvent[]> {
  return Array.fromAsync(llm.generate(request, signal))
}

export const textOf = (events: readonly LlmEvent[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('')

function usageOf(event: LlmEvent | undefined): { inputTokens: number; outputTokens: number } {
  return event?.type === 'done' ? event.usage : { inputTokens: 0, outputTokens: 0 }
}
