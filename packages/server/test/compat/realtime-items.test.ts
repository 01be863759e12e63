import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { LlmRequest } from '../../src/engines/llm.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { redSquare } from './helpers/media.ts'
import { appendAudio, connectRealtime, question, quiet, sentence } from './helpers/realtime-client.ts'
import { scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

/** Items that come, go and are answered: the model is shown the conversation as the client has it. */

const llm = scriptedLlm()
let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer({ assistant: { frameWaitMs: 100 } }, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  llm.requests.length = 0
})

type Live = Awaited<ReturnType<typeof connectRealtime>>

async function textual(): Promise<Live> {
  const live = await connectRealtime(server)
  live.socket.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } })
  await live.until('session.updated')
  return live
}

/** What the model was shown last, without the assistant's own instructions. */
const shown = (request: LlmRequest = llm.requests.at(-1)!): string[] =>
  request.messages.slice(1).map(({ content }) => content.map((part) => (part.type === 'text' ? part.text : part.type)).join(' '))

async function ask(live: Live): Promise<void> {
  const before = live.of('response.done').length
  live.socket.send({ type: 'response.create' })
  await live.until('response.done', before + 1)
}

const message = (id: string, text: string) => ({
  id,
  type: 'message' as const,
  role: 'user' as const,
  content: [{ type: 'input_text' as const, text }],
})

describe('an item', () => {
  it('that is deleted is shown to the model no more', async () => {
    using live = await textual()
    for (const item of [message('a', 'Me llamo Ana'), message('b', 'Vivo en Lugo'), message('c', '¿Dónde vivo?')])
      live.socket.send({ type: 'conversation.item.create', item })
    live.socket.send({ type: 'conversation.item.delete', item_id: 'a' })
    await live.until('conversation.item.deleted')
    await ask(live)
    expect(shown()).toEqual(['Vivo en Lugo', '¿Dónde vivo?'])
    live.socket.send({ type: 'conversation.item.retrieve', item_id: 'a', event_id: 'gone' })
    live.socket.send({ type: 'conversation.item.delete', item_id: 'a', event_id: 'again' })
    await expect.poll(() => live.errors.map(({ error }) => error.event_id), { timeout: 30_000 }).toEqual(['gone', 'again'])
    expect(live.errors[0]!.error).toMatchObject({ param: 'item_id' })
  })

  it('that is put in between stands there, and what comes behind which is told', async () => {
    using live = await textual()
    for (const item of [message('a', 'uno'), message('c', 'tres')]) live.socket.send({ type: 'conversation.item.create', item })
    live.socket.send({ type: 'conversation.item.create', previous_item_id: 'a', item: message('b', 'dos') })
    live.socket.send({ type: 'conversation.item.create', previous_item_id: 'root', item: message('z', 'cero') })
    live.socket.send({
      type: 'conversation.item.create',
      previous_item_id: 'nobody',
      item: message('x', 'nunca'),
      event_id: 'bad',
    })
    await ask(live)
    expect(shown()).toEqual(['cero', 'uno', 'dos', 'tres'])
    expect(
      live
        .of('conversation.item.added')
        .slice(0, 4)
        .map((event) => event.previous_item_id),
    ).toEqual([null, 'a', 'a', null])
    expect(live.errors.map(({ error }) => [error.event_id, error.param])).toEqual([['bad', 'previous_item_id']])
  })

  it('of the assistant that is deleted was never said', async () => {
    using live = await textual()
    live.say('Hola')
    llm.script({ text: 'Buenos días, soy una respuesta.' })
    await ask(live)
    live.socket.send({ type: 'conversation.item.delete', item_id: live.of('response.output_item.done')[0]!.item.id! })
    await live.until('conversation.item.deleted')
    live.say('¿Qué has dicho?')
    await ask(live)
    expect(shown()).toEqual(['Hola', '¿Qué has dicho?'])
  })

  it('that was spoken and is deleted is shown no more, and stays in the recording', async () => {
    using live = await textual()
    const turn_detection = { type: 'server_vad' as const, create_response: false }
    live.socket.send({ type: 'session.update', session: { type: 'realtime', audio: { input: { turn_detection } } } })
    for (const audio of [question(), quiet(3)]) appendAudio(live.socket, audio)
    await live.until('input_audio_buffer.committed')
    const { item_id } = live.of('input_audio_buffer.committed')[0]!
    await expect
      .poll(async () => (await server.store.search('podemos', { limit: 5 })).length, { timeout: 30_000 })
      .toBeGreaterThan(0)
    live.say('¿Y bien?')
    await ask(live)
    expect(shown().join(' ')).toContain('podemos')
    live.socket.send({ type: 'conversation.item.delete', item_id })
    await live.until('conversation.item.deleted')
    live.say('¿Y ahora?')
    await ask(live)
    expect(shown().join(' ')).not.toContain('podemos')
    expect((await server.store.search('podemos', { limit: 5 })).length).toBeGreaterThan(0)
  }, 60_000)

  it('with a picture that is deleted is seen no more', async () => {
    using live = await textual()
    const image_url = `data:image/jpeg;base64,${(await redSquare()).toString('base64')}`
    const content = [
      { type: 'input_text' as const, text: '¿Qué ves?' },
      { type: 'input_image' as const, image_url },
    ]
    live.socket.send({ type: 'conversation.item.create', item: { id: 'p', type: 'message', role: 'user', content } })
    await ask(live)
    expect(shown().join(' ')).toMatch(/image|foto/i)
    live.socket.send({ type: 'conversation.item.delete', item_id: 'p' })
    live.say('Hola')
    await ask(live)
    expect(shown().at(-1)).toBe('Hola')
  })

  it('with a recording is heard, and has its words', async () => {
    using live = await textual()
    const audio = sentence().toString('base64')
    const item = { id: 'r', type: 'message' as const, role: 'user' as const, content: [{ type: 'input_audio' as const, audio }] }
    live.socket.send({ type: 'conversation.item.create', item })
    await live.until('conversation.item.done')
    await ask(live)
    const words = shown().at(-1)!
    expect(words.split(' ').length).toBeGreaterThan(3)
    live.socket.send({ type: 'conversation.item.retrieve', item_id: 'r' })
    await live.until('conversation.item.retrieved')
    expect(live.of('conversation.item.retrieved')[0]!.item).toMatchObject({
      content: [{ type: 'input_audio', transcript: words }],
    })
    expect(live.errors).toEqual([])
  }, 60_000)

  it('of an earlier conversation tells which functions were called and what came of it', async () => {
    using live = await textual()
    const create = (item: object): void => live.socket.send({ type: 'conversation.item.create', item } as never)
    create({ type: 'function_call', call_id: 'old', name: 'tiempo', arguments: '{"lugar":"Lugo"}' })
    create({ type: 'function_call_output', call_id: 'old', output: 'Llueve.' })
    live.say('¿Qué tiempo hace?')
    await ask(live)
    expect(shown().join('\n')).toMatch(/tiempo\(\{"lugar":"Lugo"\}\)[\s\S]*Llueve\./)
  })
})

describe('an answer', () => {
  it('that speech stops before its first word is cancelled, and the next one is a response of its own', async () => {
    using live = await textual()
    live.say('Espera un momento')
    llm.script({ text: 'Demasiado tarde.', delayMs: 20_000 })
    live.socket.send({ type: 'response.create' })
    await live.until('response.created')
    llm.script({ text: 'Aquí estoy.' })
    for (const audio of [question(), quiet(3)]) appendAudio(live.socket, audio)
    await live.until('response.done', 2)
    const [stopped, next] = live.of('response.done').map(({ response }) => response)
    expect(stopped).toMatchObject({ status: 'cancelled', status_details: { reason: 'turn_detected' }, output: [] })
    expect(next).toMatchObject({ status: 'completed', output: [{ content: [{ text: 'Aquí estoy.' }] }] })
    expect(live.of('response.created').map(({ response }) => response.id)).toEqual([stopped!.id, next!.id])
    expect(live.errors).toEqual([])
  }, 60_000)
})

describe('functions', () => {
  const tools = ['luz', 'puerta'].map((name) => ({
    type: 'function' as const,
    name,
    description: name,
    parameters: { type: 'object' },
  }))
  const twoCalls = {
    calls: [
      { id: 'c1', name: 'luz', args: {} },
      { id: 'c2', name: 'puerta', args: {} },
    ],
  }
  const output = (live: Live, call_id: string, text: string): void =>
    live.socket.send({ type: 'conversation.item.create', item: { type: 'function_call_output', call_id, output: text } })

  async function called(): Promise<Live> {
    const live = await textual()
    live.socket.send({ type: 'session.update', session: { type: 'realtime', tools } })
    live.say('Luz y puerta')
    llm.script(twoCalls)
    await ask(live)
    return live
  }

  it('that are called at once are calls of one response, answered in any order', async () => {
    using live = await called()
    expect(live.of('response.created')).toHaveLength(1)
    expect(live.of('response.done')[0]!.response.output).toMatchObject([
      { type: 'function_call', call_id: 'c1', name: 'luz' },
      { type: 'function_call', call_id: 'c2', name: 'puerta' },
    ])
    output(live, 'c2', 'cerrada')
    output(live, 'c1', 'encendida')
    llm.script({ text: 'Todo hecho.' })
    await ask(live)
    expect(llm.requests.at(-1)!.messages.filter(({ role }) => role === 'tool')).toMatchObject([
      { toolCallId: 'c1', content: [{ text: 'encendida' }] },
      { toolCallId: 'c2', content: [{ text: 'cerrada' }] },
    ])
    expect(live.of('response.done')[1]!.response.output).toMatchObject([{ content: [{ text: 'Todo hecho.' }] }])
  })

  it('may be answered after the response was asked for', async () => {
    using live = await called()
    output(live, 'c1', 'encendida')
    live.socket.send({ type: 'response.create' })
    await live.until('response.created', 2)
    llm.script({ text: 'Todo hecho.' })
    output(live, 'c2', 'cerrada')
    await live.until('response.done', 2)
    expect(live.of('response.done')[1]!.response.output).toMatchObject([{ content: [{ text: 'Todo hecho.' }] }])
    expect(live.errors).toEqual([])
  })

  it('that nobody answers do not swallow the next answer', async () => {
    using live = await called()
    for (const audio of [question(), quiet(3)]) appendAudio(live.socket, audio)
    llm.script({ text: 'Aquí estoy.' })
    await live.until('response.done', 2)
    expect(JSON.stringify(live.of('response.done').at(-1)!.response.output)).not.toBe('[]')
  }, 60_000)
})
