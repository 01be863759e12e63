import { describe, expect, it } from 'vitest'
import { Conversation } from './conversation.ts'

const conversation = () => new Conversation({ triggerTokens: 3000, targetTokens: 1500 })
const shown = (one: Conversation): string[] =>
  one.history({ turn: null }).map(({ content }) => content.map((part) => (part.type === 'text' ? part.text : '')).join())

describe('a message that a client named', () => {
  it('stands behind the first message of those that are there, else before all', () => {
    const one = conversation()
    one.add({ role: 'user', text: 'b', item: 'b' })
    one.user('c', 't1')
    one.add({ role: 'user', text: 'after b', after: [{ item: 'gone' }, { item: 'b' }] })
    one.add({ role: 'user', text: 'after the turn', after: [{ turnId: 't1' }] })
    one.add({ role: 'system', text: 'first', after: [] })
    one.add({ role: 'user', text: 'last' })
    expect(shown(one)).toEqual(['first', 'b', 'after b', 'c', 'after the turn', 'last'])
  })

  it('gets other words, or none and is gone; what is not there is told', () => {
    const one = conversation()
    one.add({ role: 'user', text: 'a', item: 'a' })
    one.user('b', 't1')
    one.assistant('c', 't1', 7)
    expect(one.rewrite({ item: 'a' }, 'A')).toBe(true)
    expect(one.rewrite({ replyId: 7 }, '')).toBe(true)
    expect(one.rewrite({ replyId: 7 }, 'C')).toBe(false)
    expect(shown(one)).toEqual(['A', 'b'])
    one.rewrite({ turnId: 't1' }, '')
    expect(shown(one)).toEqual(['A'])
  })
})

it('of an earlier run is not taken for turns of this one, which count from the beginning again', () => {
  const before = conversation()
  before.user('my name is Ana', 't1')
  before.assistant('Hello Ana', 't1', 1)
  const now = new Conversation(before.budget, structuredClone(before.state))
  now.user('what is my name?', 't1')
  expect(shown(now)).toEqual(['my name is Ana', 'Hello Ana', 'what is my name?'])
})
