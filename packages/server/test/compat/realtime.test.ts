import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../helpers/test-server.ts'
import { redSquare } from './helpers/media.ts'
import { appendAudio, connectRealtime, quiet, speechOf, typesOf } from './helpers/realtime-client.ts'
import { scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

const llm = scriptedLlm()
llm.when(/foto|cuadro/i, { text: 'Es un cuadrado rojo.' })
llm.when(/cuento/i, {
  text: 'Érase una vez una villa muy lejana, en la que vivían muchas personas felices. Y así pasaron los años, y los años.',
})
llm.when(/luz/i, { calls: [{ name: 'encender', args: { sala: 'cocina' } }] })
llm.when(/encendida/i, { text: 'La luz está encendida.' })
llm.when(/facturas|laura/i, { text: 'Apuntado, Laura enviará las facturas.' })

let server: Awaited<ReturnType<typeof startTestServer>>
beforeAll(async () => {
  server = await startTestServer({ assistant: { frameWaitMs: 100 } }, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
})
afterAll(() => server[Symbol.asyncDispose]())

const connect = () => connectRealtime(server)

describe('a conversation by text', () => {
  it('gives the response in the order that clients rely on, and usage that adds up', async () => {
    using live = await connect()
    live.socket.send({
      type: 'session.update',
      session: { type: 'realtime', output_modalities: ['text'], instructions: 'Breve.' },
    })
    live.socket.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: '¿Qué hay en la foto?' }] },
    })
    await live.until('conversation.item.done')
    expect(live.of('response.created')).toEqual([])
    live.socket.send({ type: 'response.create' })
    await live.until('response.done')
    const own = typesOf(live.events).filter((type) => type.startsWith('response.'))
    expect([...new Set(own)]).toEqual([
      'response.created',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.done',
    ])
    const { response } = live.of('response.done')[0]!
    expect(response).toMatchObject({
      status: 'completed',
      output: [{ type: 'message', content: [{ type: 'output_text', text: 'Es un cuadrado rojo.' }] }],
    })
    expect(response.usage!.total_tokens).toBe(response.usage!.input_tokens! + response.usage!.output_tokens!)
    expect(live.of('session.updated')[0]!.session).toMatchObject({
      instructions: 'Breve.',
      audio: { input: { turn_detection: { type: 'server_vad' } } },
    })
    expect(live.errors).toEqual([])
  })

  it('speaks 24 kHz audio with its transcript, and remembers what was heard after an interruption', async () => {
    using live = await connect()
    live.socket.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Cuéntame un cuento' }] },
    })
    live.socket.send({ type: 'response.create' })
    await live.until('response.output_audio.delta')
    live.socket.send({ type: 'response.create' })
    live.socket.send({ type: 'response.cancel' })
    await live.until('response.done')
    expect(live.of('response.done')[0]!.response).toMatchObject({
      status: 'cancelled',
      status_details: { type: 'cancelled', reason: 'client_cancelled' },
    })
    const after = live.events.slice(live.events.findIndex(({ type }) => type === 'response.done') + 1)
    expect(typesOf(after).filter((type) => type.endsWith('.delta'))).toEqual([])
    await expect.poll(() => live.errors.length).toBe(1)
    expect(live.errors[0]).toMatchObject({ error: { code: 'conversation_already_has_active_response' } })
    const item = live.of('response.output_item.done')[0]!.item
    live.socket.send({ type: 'conversation.item.truncate', item_id: item.id!, content_index: 0, audio_end_ms: 100 })
    await live.until('conversation.item.truncated')
    live.socket.send({ type: 'conversation.item.retrieve', item_id: item.id! })
    await live.until('conversation.item.retrieved')
    expect(JSON.stringify(live.of('conversation.item.retrieved')[0]!.item).length).toBeLessThan(400)
  })

  it('sees a picture of the conversation', async () => {
    using live = await connect()
    const url = `data:image/jpeg;base64,${(await redSquare()).toString('base64')}`
    live.socket.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } })
    live.socket.send({
      type: 'conversation.item.create',
      item: {
        type: 'message',
        role: 'user',
        content: [
          { type: 'input_text', text: '¿Qué ves en este cuadro?' },
          { type: 'input_image', image_url: url, detail: 'auto' },
        ],
      },
    })
    live.socket.send({ type: 'response.create' })
    await live.until('response.done')
    const frames = (await server.store.sessions.list({ limit: 100 })).reduce((sum, { frames }) => sum + frames, 0)
    expect(frames).toBeGreaterThan(0)
  })

  it('calls a function and goes on with its result', async () => {
    using live = await connect()
    const tools = [
      {
        type: 'function' as const,
        name: 'encender',
        description: 'Enciende la luz',
        parameters: { type: 'object', properties: { sala: { type: 'string' } } },
      },
    ]
    live.socket.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'], tools } })
    live.socket.send({
      type: 'conversation.item.create',
      item: { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Da la luz' }] },
    })
    live.socket.send({ type: 'response.create' })
    await live.until('response.done')
    const call = live.of('response.function_call_arguments.done')[0]!
    expect(JSON.parse(call.arguments)).toEqual({ sala: 'cocina' })
    live.socket.send({
      type: 'conversation.item.create',
      item: { type: 'function_call_output', call_id: call.call_id, output: '{"encendida":true}' },
    })
    live.socket.send({ type: 'response.create' })
    await live.until('response.done', 2)
    expect(live.of('response.done')[1]!.response.output).toMatchObject([{ content: [{ text: 'La luz está encendida.' }] }])
  })

  it('answers beside the conversation and remembers nothing of it', async () => {
    using live = await connect()
    live.socket.send({
      type: 'response.create',
      response: {
        conversation: 'none',
        output_modalities: ['text'],
        metadata: { kind: 'check' },
        input: [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'un cuadro' }] }],
      },
    })
    await live.until('response.done')
    expect(live.of('response.done')[0]!.response).toMatchObject({
      conversation_id: null,
      metadata: { kind: 'check' },
      status: 'completed',
    })
    expect(live.of('conversation.item.added')).toEqual([])
  })

  it('goes on while it answers beside the conversation, and cancels that by its id', async () => {
    using live = await connect()
    const input = [
      { type: 'message' as const, role: 'user' as const, content: [{ type: 'input_text' as const, text: 'despacio' }] },
    ]
    const beside = { conversation: 'none' as const, output_modalities: ['text' as const], input }
    llm.when(/despacio/, { text: 'Tarda mucho.', delayMs: 20_000 })
    live.socket.send({ type: 'response.create', response: beside })
    await live.until('response.created')
    const { id } = live.of('response.created')[0]!.response
    live.socket.send({ type: 'session.update', session: { type: 'realtime', output_modalities: ['text'] } })
    await live.until('session.updated')
    live.say('¿Qué hay en la foto?')
    live.socket.send({ type: 'response.create' })
    await live.until('response.done')
    expect(live.of('response.done')[0]!.response).toMatchObject({ status: 'completed', output: [{ role: 'assistant' }] })
    expect(live.of('response.done')[0]!.response.id).not.toBe(id)
    live.socket.send({ type: 'response.cancel', response_id: id! })
    await live.until('response.done', 2)
    expect(live.of('response.done')[1]!.response).toMatchObject({ id, status: 'cancelled', output: [] })
    for (let i = 0; i < 5; i += 1) live.socket.send({ type: 'response.create', response: beside, event_id: `e${i}` })
    await expect.poll(() => live.errors.map(({ error }) => error.event_id), { timeout: 30_000 }).toEqual(['e4'])
  })
})

describe('a conversation by voice', () => {
  it('hears, transcribes, answers, and stores the session like a native one', async () => {
    using live = await connect()
    live.socket.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        audio: {
          input: {
            transcription: { model: 'whisper-1', language: 'es' },
            turn_detection: { type: 'server_vad', silence_duration_ms: 400 },
          },
        },
      },
    })
    appendAudio(live.socket, speechOf('es-04-tareas'))
    appendAudio(live.socket, quiet(2))
    await live.until('response.done')
    await live.until('conversation.item.input_audio_transcription.completed')
    const order = typesOf(live.events)
    const at = (type: string): number => order.indexOf(type)
    expect(at('input_audio_buffer.speech_started')).toBeLessThan(at('input_audio_buffer.speech_stopped'))
    expect(at('input_audio_buffer.committed')).toBeLessThan(at('response.created'))
    const started = live.of('input_audio_buffer.speech_started')[0]!
    expect(live.of('input_audio_buffer.committed')[0]!.item_id).toBe(started.item_id)
    const heard = live.of('conversation.item.input_audio_transcription.completed')[0]!
    expect(heard).toMatchObject({ item_id: started.item_id, usage: { type: 'duration' } })
    expect(heard.transcript).toContain('facturas')
    const bytes = live.of('response.output_audio.delta').reduce((sum, { delta }) => sum + Buffer.from(delta, 'base64').length, 0)
    expect(bytes % 2).toBe(0)
    expect(bytes).toBeGreaterThan(24_000)
    live.socket.close()
    await expect
      .poll(async () => (await server.store.search('facturas', { limit: 5 })).length, { timeout: 10_000 })
      .toBeGreaterThan(0)
  })

  it('takes turns by hand: commit alone gives no response, too little audio is an error that keeps the session', async () => {
    using live = await connect()
    live.socket.send({
      type: 'session.update',
      session: {
        type: 'realtime',
        output_modalities: ['text'],
        audio: { input: { turn_detection: null, transcription: { model: 'whisper-1' } } },
      },
    } as never)
    live.socket.send({ type: 'input_audio_buffer.append', audio: Buffer.alloc(200).toString('base64') })
    live.socket.send({ type: 'input_audio_buffer.commit' })
    await expect.poll(() => live.errors.length).toBe(1)
    expect(live.errors[0]).toMatchObject({ error: { code: 'input_audio_buffer_commit_empty' } })
    live.socket.send({ type: 'input_audio_buffer.clear' })
    appendAudio(live.socket, speechOf('es-04-tareas'))
    live.socket.send({ type: 'input_audio_buffer.commit' })
    await live.until('input_audio_buffer.committed')
    await live.until('conversation.item.input_audio_transcription.completed')
    expect(live.of('response.created')).toEqual([])
    expect(live.of('input_audio_buffer.speech_started')).toEqual([])
    live.socket.send({ type: 'response.create' })
    await live.until('response.done')
    expect(JSON.stringify(live.of('response.done')[0]!.response.output)).toContain('Apuntado')
  })
})

describe('mistakes', () => {
  it('echo the event id and leave the session open', async () => {
    using live = await connect()
    live.socket.send({ type: 'dance', event_id: 'mine' } as never)
    live.socket.send({ type: 'response.cancel', event_id: 'second' })
    live.socket.send({ type: 'conversation.item.retrieve', item_id: 'nobody', event_id: 'third' })
    await expect.poll(() => live.errors.length).toBe(3)
    expect(live.errors.map((error) => (error as { error: { event_id: string } }).error.event_id)).toEqual([
      'mine',
      'second',
      'third',
    ])
    live.socket.send({ type: 'session.update', session: { type: 'realtime', instructions: 'still here' } })
    await live.until('session.updated')
  })
})

describe('client secrets', () => {
  it('open a session with the settings that were fixed', async () => {
    const client = new OpenAI({ apiKey: 'anything', baseURL: `${server.url}/v1` })
    const secret = await client.realtime.clientSecrets.create({ session: { type: 'realtime', instructions: 'Como un loro.' } })
    expect(secret.value).toMatch(/^ek_/)
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime`, [
      'realtime',
      `openai-insecure-api-key.${secret.value}`,
    ])
    const first = await new Promise<string>((resolve) =>
      socket.addEventListener('message', ({ data }) => resolve(String(data)), { once: true }),
    )
    expect(socket.protocol).toBe('realtime')
    expect(JSON.parse(first)).toMatchObject({ type: 'session.created', session: { instructions: 'Como un loro.' } })
    socket.close()
  })
})
