import { describe, expect, it } from 'vitest'
import { readAnswer } from './answer.ts'

type Call = { index?: number; id?: string; function?: { name?: string; arguments?: string } }

/** The calls of an answer that comes in these pieces. */
async function callsIn(...pieces: Call[][]) {
  const chunks = pieces.map((tool_calls) => ({ choices: [{ delta: { tool_calls } }] }))
  const end = { choices: [{ delta: {}, finish_reason: 'tool_calls' }] }
  const text = [...chunks, end].map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('')
  async function* body() {
    yield new TextEncoder().encode(text)
  }
  const events = await Array.fromAsync(readAnswer({ body: body(), type: 'text/event-stream' } as never, 1, () => 1))
  return events.flatMap((event) => (event.type === 'tool_call' ? [event.call] : []))
}

describe('calls of functions', () => {
  it('come in pieces under one index, several at a time', async () => {
    const calls = await callsIn(
      [
        { index: 0, id: 'a', function: { name: 'luz', arguments: '' } },
        { index: 1, id: 'b', function: { name: 'puerta', arguments: '{' } },
      ],
      [{ index: 1, function: { arguments: '}' } }],
      [{ index: 0, function: { arguments: '{"x":1}' } }],
    )
    expect(calls).toEqual([
      { id: 'a', name: 'luz', arguments: '{"x":1}' },
      { id: 'b', name: 'puerta', arguments: '{}' },
    ])
  })

  it('are kept apart by a server that gives all of them the same index, or counts from elsewhere', async () => {
    const whole = (index: number, id: string, name: string): Call => ({ index, id, function: { name, arguments: '{}' } })
    expect(await callsIn([whole(0, 'a', 'luz')], [whole(0, 'b', 'puerta')])).toEqual([
      { id: 'a', name: 'luz', arguments: '{}' },
      { id: 'b', name: 'puerta', arguments: '{}' },
    ])
    expect(await callsIn([whole(1, 'a', 'luz'), whole(4e9, 'b', 'puerta')])).toHaveLength(2)
  })

  it('have ids of their own where the server gives none', async () => {
    const luz = { index: 0, function: { name: 'luz', arguments: '{}' } }
    const [first] = await callsIn([luz])
    const [second] = await callsIn([luz])
    expect(first!.id).toMatch(/^call_\w+/)
    expect(first!.id).not.toBe(second!.id)
  })
})
