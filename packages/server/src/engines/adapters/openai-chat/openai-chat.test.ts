import { afterAll, describe, expect, it } from 'vitest'
import { ask, collect, llmContract, SCHEMA, textOf } from '../../contract/llm-contract.ts'
import { openChatLlm } from './openai-chat.ts'
import { guessKind } from './quirks.ts'
import { type FakeChatOptions, type FakeChatServer, fail, fakeChatServer } from './testing/fake-chat-server.ts'

const servers: FakeChatServer[] = []
afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
})

async function open(options: FakeChatOptions = {}, settings: Partial<Parameters<typeof openChatLlm>[0]> = {}) {
  const server = await fakeChatServer(options)
  servers.push(server)
  return { server, llm: await openChatLlm({ baseUrl: server.url, ...settings }) }
}

const endless = Array.from({ length: 50 }, (_, i) => `${i} `)
llmContract('openai-chat', async () => {
  const answer: FakeChatOptions['answer'] = (body) => {
    const kind = body.response_format?.json_schema?.schema.properties
    if (!kind) return endless
    const value = Object.fromEntries(
      Object.entries(kind).map(([name, { enum: words }]) => [name, words?.[0] ?? (name === 'marks' ? ['x'] : true)]),
    )
    return [...JSON.stringify(value)]
  }
  return (await open({ answer })).llm
})

describe('openai-chat', () => {
  it('takes model and context from the server when they are not set', async () => {
    const { llm } = await open()
    expect(llm.model).toBe('fake-model')
    expect(llm.capabilities).toMatchObject({ contextTokens: 4096, json: 'schema', images: false })
  })

  it('switches thinking off in the way of the server', async () => {
    const { server, llm } = await open({
      ownedBy: 'vllm',
      takes: ['max_tokens', 'temperature', 'seed', 'stream_options', 'chat_template_kwargs'],
    })
    await collect(llm, ask('hola'))
    expect(server.bodies[0]).toMatchObject({ chat_template_kwargs: { enable_thinking: false } })
  })

  it('learns once what a server does not take', async () => {
    const { server, llm } = await open({ ownedBy: 'vllm', takes: ['max_completion_tokens'], formats: [] })
    const answer = await collect(llm, { ...ask('hola'), schema: SCHEMA })
    expect(textOf(answer)).toContain('Hola')
    expect(llm.capabilities.json).toBe('none')
    const lessons = server.bodies.length
    await collect(llm, { ...ask('hola'), schema: SCHEMA })
    expect(server.bodies).toHaveLength(lessons + 1)
    expect(JSON.stringify(server.bodies.at(-1)!.messages)).toContain('JSON Schema')
  })

  it('falls back from json_schema to json_object', async () => {
    const { server, llm } = await open({ formats: ['json_object'] })
    await collect(llm, { ...ask('hola'), schema: SCHEMA })
    expect(server.bodies.map((body) => body.response_format?.type)).toEqual(['json_schema', 'json_object'])
  })

  it('takes thoughts out, however they are cut', async () => {
    for (const pieces of [
      ['<think>no</think>sí'],
      [...'<think>a < b</think>\n\nsí'],
      ['<thi', 'nk>', 'no</thi', 'nk>', ' sí'],
      ['<think>sin fin'],
    ]) {
      const { llm } = await open({ answer: () => pieces })
      expect(textOf(await collect(llm, ask('hola')))).toBe(pieces[0]!.endsWith('fin') ? '' : 'sí')
    }
  })

  it('sends photos and sound as the API has them', async () => {
    const { server, llm } = await open({}, { images: true, audio: true })
    const content = [
      { type: 'text' as const, text: 'qué ves' },
      { type: 'image' as const, jpeg: Uint8Array.of(0xff, 0xd8) },
      { type: 'audio' as const, samples: new Int16Array(160), sampleRate: 16000 },
    ]
    await collect(llm, { messages: [{ role: 'user', content }], maxTokens: 5 })
    const sent = server.bodies[0]!.messages[0]!.content as {
      type: string
      image_url?: { url: string }
      input_audio?: { data: string }
    }[]
    expect(sent.map(({ type }) => type)).toEqual(['text', 'image_url', 'input_audio'])
    expect(sent[1]!.image_url!.url).toBe('data:image/jpeg;base64,/9g=')
    expect(Buffer.from(sent[2]!.input_audio!.data, 'base64').toString('latin1', 0, 4)).toBe('RIFF')
  })

  it('joins the pieces of a tool call', async () => {
    const { llm } = await open({
      intercept: (_request, response) => {
        const piece = (call: object, finish: string | null = null) =>
          `data: ${JSON.stringify({ choices: [{ delta: { tool_calls: [{ index: 0, ...call }] }, finish_reason: finish }] })}\n\n`
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(piece({ id: 'c1', function: { name: 'hora', arguments: '' } }))
        response.write(piece({ function: { arguments: '{"zona":' } }))
        response.end(piece({ function: { arguments: '"Madrid"}' } }, 'tool_calls'))
        return true
      },
    })
    const tools = [{ name: 'hora', description: 'la hora', parameters: { type: 'object' } }]
    expect(await collect(llm, { ...ask('qué hora es'), tools })).toMatchObject([
      { type: 'tool_call', call: { id: 'c1', name: 'hora', arguments: '{"zona":"Madrid"}' } },
      { type: 'done', finish: 'tool_calls' },
    ])
  })

  it('waits as long as a busy server asks, and then gives up with a code', async () => {
    const busy = await open({
      intercept: (_request, response, call) => {
        if (call === 1) fail(response, 429, 'slow down', { 'retry-after': '0.01' })
        return call === 1
      },
    })
    expect(textOf(await collect(busy.llm, ask('hola')))).toContain('Hola')
    const full = await open({
      intercept: (_request, response) => {
        fail(response, 429, 'no', { 'retry-after': '600' })
        return true
      },
    })
    await expect(collect(full.llm, ask('hola'))).rejects.toMatchObject({ code: 'rate_limited' })
  })

  const refusing = (status: number, message: string): FakeChatOptions => ({
    intercept: (_request, response) => {
      fail(response, status, message)
      return true
    },
  })

  it.each([
    ['a wrong key', refusing(403, 'no'), 'llm_failed'],
    ['a broken server', refusing(500, 'oops'), 'engine_unavailable'],
    ['a prompt that is too long', refusing(400, 'maximum context length is 4096 tokens'), 'llm_failed'],
  ] as const)('names %s without telling what was said', async (_, options, code) => {
    const { llm } = await open(options, { maxRetries: 0 })
    const error = await collect(llm, ask('un secreto')).catch((e: Error) => e)
    expect(error).toMatchObject({ code })
    expect(String(error)).not.toContain('secreto')
  })

  it('tells an answer that breaks off from one that ends', async () => {
    const { llm } = await open({
      intercept: (_, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end('data: {"choices":[{"delta":{"content":"a medias"}}]}\n\n')
        return true
      },
    })
    await expect(collect(llm, ask('hola'))).rejects.toMatchObject({ code: 'llm_failed' })
  })

  it('ends a silence', async () => {
    const { llm } = await open({ intercept: () => true }, { timeoutMs: 1000, maxRetries: 0 })
    await expect(collect(llm, ask('hola'))).rejects.toMatchObject({ code: 'engine_timeout' })
  })

  it('says when nothing listens, and what a setting lacks', async () => {
    await expect(openChatLlm({ baseUrl: 'http://127.0.0.1:9/v1', maxRetries: 0 })).rejects.toMatchObject({
      code: 'engine_unavailable',
    })
    await expect(openChatLlm({ baseUrl: 'ftp://x' })).rejects.toMatchObject({ code: 'config_invalid' })
    await expect(openChatLlm({ urlEnv: 'VIGIA_TEST_UNSET_URL' })).rejects.toMatchObject({ code: 'engine_unavailable' })
  })

  it('knows the services by their address', () => {
    expect(guessKind('https://api.openai.com/v1', undefined)).toBe('openai')
    expect(guessKind('https://generativelanguage.googleapis.com/v1beta/openai', undefined)).toBe('gemini')
    expect(guessKind('http://127.0.0.1:8080/v1', 'llamacpp')).toBe('llama.cpp')
  })
})
