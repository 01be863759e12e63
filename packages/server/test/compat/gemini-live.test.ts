import { GoogleGenAI, type LiveConnectConfig, Modality } from '@google/genai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { fixturePcm } from '../helpers/audio.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { connectLive, kinds, LIVE_MODEL, say } from './helpers/gemini-client.ts'
import { redSquare } from './helpers/media.ts'
import { lastWords, scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

const llm = scriptedLlm()
llm.when(/me llamo/i, { text: 'Encantada.' })
llm.when(/cómo me llamo/i, { text: 'Te llamas Ana.' })
llm.when(/cuento/i, {
  text: 'Érase una vez una villa muy lejana, en la que vivían muchas personas felices. Y así pasaron los años, y los años.',
})
llm.when(/luz/i, { calls: [{ name: 'encender', args: { sala: 'cocina' } }] })
llm.when(/hecho/i, { text: 'La luz está encendida.' })
llm.when(/facturas|laura/i, { text: 'Apuntado.' })

let server: Awaited<ReturnType<typeof startTestServer>>
let ai: GoogleGenAI
beforeAll(async () => {
  server = await startTestServer({ assistant: { frameWaitMs: 100 } }, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
  ai = new GoogleGenAI({ apiKey: 'anything', httpOptions: { baseUrl: server.url } })
})
afterAll(() => server[Symbol.asyncDispose]())

const model = LIVE_MODEL
const connect = (config: LiveConnectConfig, client = ai) => connectLive(client, config)

describe('by text', () => {
  it('answers content with text, usage that adds up, and a handle to come back with', async () => {
    using live = await connect({ responseModalities: [Modality.TEXT], systemInstruction: 'Breve.', sessionResumption: {} })
    live.session.sendClientContent({ turns: [{ role: 'user', parts: [{ text: 'Me llamo Ana' }] }], turnComplete: true })
    await live.until(
      () => live.turns() === 1 && kinds(live.messages).filter((kind) => kind === 'sessionResumptionUpdate').length === 2,
    )
    expect(live.text()).toBe('Encantada.')
    expect(kinds(live.messages)).toEqual([
      'setupComplete',
      'sessionResumptionUpdate',
      'modelTurn',
      'generationComplete',
      'turnComplete',
      'sessionResumptionUpdate',
    ])
    const usage = live.messages.find(({ usageMetadata }) => usageMetadata)!.usageMetadata!
    expect(usage.totalTokenCount).toBe(usage.promptTokenCount! + usage.responseTokenCount!)
    expect(llm.requests.at(-1)!.messages[0]!.content).toMatchObject([{ text: expect.stringContaining('Breve.') }])
    const handle = live.messages.findLast(({ sessionResumptionUpdate }) => sessionResumptionUpdate?.newHandle)!
      .sessionResumptionUpdate!.newHandle!
    live.session.close()
    await live.until(() => live.closes.length === 1)
    using again = await connect({ responseModalities: [Modality.TEXT], sessionResumption: { handle } })
    again.session.sendRealtimeInput({ text: '¿Cómo me llamo?' })
    await again.until(() => again.turns() === 1)
    expect(JSON.stringify(llm.requests.at(-1)!.messages)).toContain('Me llamo Ana')
    expect(again.text()).toBe('Te llamas Ana.')
  })

  it('stores context without answering, and answers from it when it is asked to', async () => {
    using live = await connect({ responseModalities: [Modality.TEXT] })
    live.session.sendClientContent({
      turns: [
        { role: 'user', parts: [{ text: 'Me llamo Eva' }] },
        { role: 'model', parts: [{ text: 'Hola Eva' }] },
      ],
      turnComplete: false,
    })
    live.session.sendClientContent({ turns: [{ role: 'user', parts: [{ text: '¿Y cómo me llamo?' }] }] })
    await live.until(() => live.turns() === 1)
    expect(JSON.stringify(llm.requests.at(-1)!.messages)).toContain('Hola Eva')
    expect(lastWords(llm.requests.at(-1)!)).toContain('cómo me llamo')
  })

  it('calls a function and goes on with its response', async () => {
    using live = await connect({
      responseModalities: [Modality.TEXT],
      tools: [
        {
          functionDeclarations: [
            { name: 'encender', parametersJsonSchema: { type: 'object', properties: { sala: { type: 'string' } } } },
          ],
        },
      ],
    })
    live.session.sendClientContent({ turns: 'Da la luz', turnComplete: true })
    await live.until(() => live.messages.some(({ toolCall }) => toolCall))
    const [call] = live.messages.find(({ toolCall }) => toolCall)!.toolCall!.functionCalls!
    expect(call).toMatchObject({ name: 'encender', args: { sala: 'cocina' }, id: expect.any(String) })
    live.session.sendToolResponse({ functionResponses: [{ id: call!.id!, name: call!.name!, response: { output: 'hecho' } }] })
    await live.until(() => live.turns() === 1)
    expect(live.text()).toBe('La luz está encendida.')
  })
})

describe('by voice', () => {
  it('hears, tells both transcriptions as deltas before the end, and answers in 24 kHz audio', async () => {
    using live = await connect({
      responseModalities: [Modality.AUDIO],
      inputAudioTranscription: {},
      outputAudioTranscription: {},
      realtimeInputConfig: { automaticActivityDetection: { silenceDurationMs: 400 } },
    })
    live.session.sendRealtimeInput({ video: { mimeType: 'image/jpeg', data: (await redSquare()).toString('base64') } })
    say(live.session, fixturePcm('es-04-tareas'))
    live.session.sendRealtimeInput({ audioStreamEnd: true })
    await live.until(() => live.turns() === 1)
    const order = kinds(live.messages)
    expect(order.indexOf('inputTranscription')).toBeLessThan(order.indexOf('modelTurn'))
    expect(order.slice(-2)).toEqual(['generationComplete', 'turnComplete'])
    const heard = live.messages.map(({ serverContent }) => serverContent?.inputTranscription?.text ?? '').join('')
    expect(heard).toContain('facturas')
    const blobs = live.messages
      .flatMap(({ serverContent }) => serverContent?.modelTurn?.parts ?? [])
      .map(({ inlineData }) => inlineData!)
    expect(new Set(blobs.map(({ mimeType }) => mimeType))).toEqual(new Set(['audio/pcm;rate=24000']))
    expect(blobs.every(({ data }) => Buffer.from(data!, 'base64').length % 2 === 0)).toBe(true)
    const sessionId = live.messages[0]!.setupComplete!.sessionId!
    expect((await server.store.frames.list(sessionId)).length).toBe(1)
    live.session.close()
    await expect.poll(async () => (await server.store.sessions.get(sessionId))?.state, { timeout: 15_000 }).toBe('final')
    expect((await server.store.segments.list(sessionId)).map(({ text }) => text).join(' ')).toContain('facturas')
  })

  it('stops at once when it is interrupted: no audio of that answer afterwards', async () => {
    using live = await connect({ responseModalities: [Modality.AUDIO], outputAudioTranscription: {} })
    live.session.sendClientContent({ turns: 'Cuéntame un cuento', turnComplete: true })
    await live.until(() => kinds(live.messages).includes('modelTurn'))
    live.session.sendRealtimeInput({ text: 'Me llamo Ana' })
    await live.until(() => live.turns() === 2)
    const order = kinds(live.messages)
    const at = order.indexOf('interrupted')
    expect(at).toBeGreaterThan(0)
    expect(order[at + 1]).toBe('turnComplete')
    expect(order.slice(0, at)).not.toContain('generationComplete')
    const said = live.messages
      .slice(at)
      .map(({ serverContent }) => serverContent?.outputTranscription?.text ?? '')
      .join('')
    expect(said).toBe('Encantada.')
  })

  it('takes turns between activityStart and activityEnd alone where detection is off', async () => {
    using live = await connect({
      responseModalities: [Modality.TEXT],
      inputAudioTranscription: {},
      realtimeInputConfig: { automaticActivityDetection: { disabled: true } },
    })
    live.session.sendRealtimeInput({ activityStart: {} })
    say(live.session, fixturePcm('es-04-tareas'))
    live.session.sendRealtimeInput({ activityEnd: {} })
    await live.until(() => live.turns() === 1)
    expect(live.text()).toBe('Apuntado.')
  })
})

describe('sockets by hand', () => {
  const raw = (path: string) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`)
    const frames: { data: string; binary: boolean }[] = []
    let close: { code: number; reason: string } | null = null
    socket.on('message', (data, binary) => void frames.push({ data: String(data), binary }))
    socket.on('close', (code, reason) => {
      close = { code, reason: String(reason) }
    })
    return {
      socket,
      frames,
      opened: new Promise((resolve) => socket.once('open', resolve)),
      get close() {
        return close
      },
    }
  }
  const PATH = '//ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent?key=undefined'

  it('answers snake_case in binary frames, at the doubled slash', async () => {
    const one = raw(PATH)
    await one.opened
    one.socket.send(
      JSON.stringify({
        setup: {
          model: 'projects/p/models/x',
          generation_config: { response_modalities: ['text'] },
          output_audio_transcription: {},
        },
      }),
    )
    one.socket.send(
      JSON.stringify({
        realtime_input: { media_chunks: [{ mime_type: 'audio/pcm;rate=24000', data: Buffer.alloc(4800).toString('base64url') }] },
      }),
    )
    one.socket.send(JSON.stringify({ client_content: { turns: [{ parts: [{ text: 'Me llamo Ana' }] }], turn_complete: true } }))
    await expect.poll(() => one.frames.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(4)
    expect(one.frames.every(({ binary }) => binary)).toBe(true)
    expect(JSON.parse(one.frames[0]!.data)).toHaveProperty('setupComplete')
    one.socket.close()
  })

  it('counts the messages that are safe where a transparent resumption is asked for', async () => {
    const one = raw(PATH)
    await one.opened
    const setup = { model: 'x', generationConfig: { responseModalities: ['TEXT'] }, sessionResumption: { transparent: true } }
    one.socket.send(JSON.stringify({ setup }))
    one.socket.send(JSON.stringify({ realtimeInput: { text: 'Me llamo Ana' } }))
    await expect.poll(() => one.frames.at(-1)?.data ?? '', { timeout: 5000 }).toContain('"lastConsumedClientMessageIndex":"0"')
    one.socket.close()
  })

  it.each([
    ['no JSON', 'hello', 1007],
    ['no setup first', '{"realtimeInput":{}}', 1007],
    ['a handle of another server', '{"setup":{"model":"x","sessionResumption":{"handle":"nope"}}}', 1008],
    ['tools of the vendor', '{"setup":{"model":"x","tools":[{"googleSearch":{}}]}}', 1008],
    ['a bad field', '{"setup":{"model":"x","generationConfig":{"temperature":"hot"}}}', 1007],
  ])('closes on %s with a reason', async (_name, message, code) => {
    const one = raw(PATH)
    await one.opened
    one.socket.send(message)
    await expect.poll(() => one.close?.code, { timeout: 5000 }).toBe(code)
    expect(one.close!.reason.length).toBeGreaterThan(5)
  })
})

describe('short-lived tokens', () => {
  it('open as many sessions as they are for, with what their maker fixed', async () => {
    const maker = new GoogleGenAI({ apiKey: 'anything', httpOptions: { baseUrl: server.url, apiVersion: 'v1alpha' } })
    const token = await maker.authTokens.create({
      config: {
        uses: 1,
        liveConnectConstraints: { model, config: { responseModalities: [Modality.TEXT], systemInstruction: 'Como un loro.' } },
      },
    })
    expect(token.name).toMatch(/^auth_tokens\//)
    const holder = new GoogleGenAI({ apiKey: token.name!, httpOptions: { baseUrl: server.url, apiVersion: 'v1alpha' } })
    using live = await connect({}, holder)
    live.session.sendRealtimeInput({ text: 'Me llamo Ana' })
    await live.until(() => live.turns() === 1)
    expect(JSON.stringify(llm.requests.at(-1)!.messages[0])).toContain('Como un loro.')
    await expect(holder.live.connect({ model, callbacks: { onmessage: () => {} } })).rejects.toThrow(/1007.*API key not valid/)
  })
})

it('says that it is about to stop', async () => {
  const own = await startTestServer({ session: { drainMs: 100 } })
  const client = new GoogleGenAI({ apiKey: 'anything', httpOptions: { baseUrl: own.url } })
  using live = await connect({ responseModalities: [Modality.TEXT], sessionResumption: {} }, client)
  await own[Symbol.asyncDispose]()
  await live.until(() => live.messages.some(({ goAway }) => goAway))
  expect(live.messages.find(({ goAway }) => goAway)!.goAway).toEqual({ timeLeft: '0.1s' })
})
