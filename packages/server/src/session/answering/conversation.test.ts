import { VigiaError } from '@vigia/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Llm } from '../../engines/llm.ts'
import { Conversation } from './conversation.ts'
import { summariseOverflow } from './summary.ts'

const BUDGET = { triggerTokens: 100, targetTokens: 40 }
const signal = new AbortController().signal

/** A model that answers the same, or fails; `asked` keeps its prompts. */
function scripted(answer: string | null): Llm & { asked: string[] } {
  const asked: string[] = []
  return {
    id: 'scripted',
    model: 'script',
    capabilities: { contextTokens: 4096, images: false, audio: false, tools: false, json: 'none' },
    asked,
    async *generate({ messages }) {
      asked.push(
        messages.map(({ content }) => content.map((part) => (part.type === 'text' ? part.text : '')).join('')).join('\n'),
      )
      if (answer === null) throw new VigiaError('llm_failed', 'The script says so.')
      yield { type: 'text', text: answer }
    },
    countTokens: (text) => Promise.resolve(text.length),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

const textsOf = (conversation: Conversation): string[] =>
  conversation.history({ turn: null }).map(({ content }) => (content[0]?.type === 'text' ? content[0].text : ''))

const spoken = (count: number): Conversation => {
  const conversation = new Conversation(BUDGET)
  for (let i = 0; i < count; i += 1) conversation.user(`turno ${i} ${'palabra '.repeat(8)}`, `t${i}`)
  return conversation
}

describe('a long conversation', () => {
  it('is shown within its budget, newest first, whatever was said', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 400, size: 'max' }), { maxLength: 30, size: 'max' }), (texts) => {
        const conversation = new Conversation(BUDGET)
        for (const [i, text] of texts.entries()) conversation.user(text, `t${i}`)
        const shown = textsOf(conversation)
        expect(shown.join('').length).toBeLessThanOrEqual(BUDGET.triggerTokens * 3)
        expect(shown).toEqual(texts.slice(texts.length - shown.length))
      }),
    )
  })

  it('gives its old turns to a summary, which is summed up again with the next', async () => {
    const conversation = spoken(12)
    const llm = scripted('Hablaron de palabras.')
    await summariseOverflow(conversation, llm, signal)
    expect(llm.asked[0]).toContain('turno 0')
    expect(textsOf(conversation)[0]).toBe('Hablaron de palabras.')
    expect(textsOf(conversation).join()).not.toContain('turno 0')
    expect(textsOf(conversation).at(-1)).toContain('turno 11')
    for (let i = 12; i < 24; i += 1) conversation.user(`turno ${i} ${'palabra '.repeat(8)}`, `t${i}`)
    await summariseOverflow(conversation, llm, signal)
    expect(llm.asked[1]).toContain('Hablaron de palabras.')
  })

  it('loses nothing when the model fails or says nothing, and forgets without a model', async () => {
    const conversation = spoken(12)
    await expect(summariseOverflow(conversation, scripted(null), signal)).rejects.toThrow('The script says so.')
    await summariseOverflow(conversation, scripted(' '), signal)
    expect(conversation.state.messages.length).toBe(12)
    await summariseOverflow(conversation, null, signal)
    expect(conversation.state.messages.length).toBeLessThan(12)
    expect(conversation.summary).toBe('')
  })

  it('keeps what was said while the summary was being made', async () => {
    const conversation = spoken(12)
    const done = summariseOverflow(conversation, scripted('Resumen.'), signal)
    conversation.user('dicho mientras tanto', 't99')
    await done
    expect(textsOf(conversation).at(-1)).toBe('dicho mientras tanto')
  })

  it('knows nothing once it was told to forget, also of what was just being summed up', async () => {
    const conversation = spoken(12)
    await summariseOverflow(conversation, scripted('Un resumen.'), signal)
    for (let i = 12; i < 24; i += 1) conversation.user(`turno ${i} ${'palabra '.repeat(8)}`, `t${i}`)
    const done = summariseOverflow(conversation, scripted('Otro resumen.'), signal)
    conversation.forget()
    conversation.user('dicho después', 't99')
    await done
    expect(textsOf(conversation)).toEqual(['dicho después'])
  })
})
