import { GoogleGenAI, type LiveConnectConfig, Modality } from '@google/genai'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestServer } from '../helpers/test-server.ts'
import { connectLive, kinds } from './helpers/gemini-client.ts'
import { wavFile } from './helpers/media.ts'
import { quiet, sentence } from './helpers/realtime-client.ts'
import { lastWords, scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

/** What the setup of a Live session asks for has its effect, or closes the session with a reason. */

const llm = scriptedLlm()
let server: Awaited<ReturnType<typeof startTestServer>>
let ai: GoogleGenAI
beforeAll(async () => {
  server = await startTestServer({ assistant: { frameWaitMs: 100 } }, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
  ai = new GoogleGenAI({ apiKey: 'anything', httpOptions: { baseUrl: server.url } })
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  llm.requests.length = 0
})

const connect = (config: LiveConnectConfig = {}) => connectLive(ai, { responseModalities: [Modality.TEXT], ...config })

describe('functions that are called at once', () => {
  const tools = [{ functionDeclarations: ['luz', 'puerta'].map((name) => ({ name, description: name })) }]
  const twoCalls = {
    calls: [
      { id: 'c1', name: 'luz', args: { sala: 'cocina' } },
      { id: 'c2', name: 'puerta', args: {} },
    ],
  }

  async function called() {
    const live = await connect({ tools })
    llm.script(twoCalls)
    live.session.sendClientContent({ turns: 'Luz y puerta', turnComplete: true })
    await live.until(() => live.messages.some(({ toolCall }) => toolCall))
    return live
  }

  it('are one toolCall, and are answered in any order and in several messages', async () => {
    using live = await called()
    const messages = live.messages.filter(({ toolCall }) => toolCall)
    expect(messages.map(({ toolCall }) => toolCall!.functionCalls)).toEqual([
      [
        { id: 'c1', name: 'luz', args: { sala: 'cocina' } },
        { id: 'c2', name: 'puerta', args: {} },
      ],
    ])
    llm.script({ text: 'Todo hecho.' })
    live.session.sendToolResponse({ functionResponses: [{ id: 'c2', name: 'puerta', response: { output: 'cerrada' } }] })
    live.session.sendToolResponse({ functionResponses: [{ id: 'c1', name: 'luz', response: { error: 'fundida' } }] })
    await live.until(() => live.turns() === 1)
    expect(live.text()).toBe('Todo hecho.')
    expect(llm.requests.at(-1)!.messages.filter(({ role }) => role === 'tool')).toMatchObject([
      { toolCallId: 'c1', content: [{ text: 'error: fundida' }] },
      { toolCallId: 'c2', content: [{ text: 'cerrada' }] },
    ])
  })

  it('are taken back by their ids when something else is said, and answers that come late change nothing', async () => {
    using live = await called()
    llm.script({ text: 'Otra cosa.' })
    live.session.sendRealtimeInput({ text: 'Déjalo' })
    await live.until(() => live.turns() === 1)
    const cancelled = live.messages.flatMap(({ toolCallCancellation }) => toolCallCancellation?.ids ?? [])
    expect(cancelled.sort()).toEqual(['c1', 'c2'])
    const order = kinds(live.messages)
    expect(order.indexOf('toolCall')).toBeLessThan(order.indexOf('toolCallCancellation'))
    live.session.sendToolResponse({ functionResponses: [{ id: 'c1', name: 'luz', response: { output: 'tarde' } }] })
    live.session.sendRealtimeInput({ text: 'Hola' })
    await live.until(() => live.turns() === 2)
    expect(JSON.stringify(llm.requests.at(-1)!.messages)).not.toContain('tarde')
  })
})

it('compresses the conversation above triggerTokens, down to targetTokens', async () => {
  llm.when(/user: Frase/, { text: 'Hablaron de números.' })
  using live = await connect({
    contextWindowCompression: { triggerTokens: '60', slidingWindow: { targetTokens: '20' } },
  })
  using unbounded = await connect()
  const say = (text: string, one: typeof live, turn: number) => {
    one.session.sendRealtimeInput({ text })
    return one.until(() => one.turns() === turn)
  }
  for (let turn = 1; turn <= 8; turn++) {
    await say(`Frase número ${turn} de una conversación bastante larga`, live, turn)
    await say(`Frase número ${turn} de una conversación bastante larga`, unbounded, turn)
  }
  const shown = (words: string) => JSON.stringify(llm.requests.findLast((request) => lastWords(request) === words)!.messages)
  await say('¿Y ahora?', live, 9)
  expect(shown('¿Y ahora?')).toContain('Hablaron de números.')
  expect(shown('¿Y ahora?')).not.toContain('Frase número 1 ')
  await say('¿Y aquí?', unbounded, 9)
  expect(shown('¿Y aquí?')).toContain('Frase número 1 ')
}, 60_000)

it('hears recordings inside content, and knows of functions of an earlier conversation', async () => {
  using live = await connect()
  const data = wavFile('es-04-tareas').toString('base64')
  live.session.sendClientContent({
    turns: [
      { role: 'model', parts: [{ functionCall: { id: 'f1', name: 'tiempo', args: { lugar: 'Lugo' } } }] },
      { role: 'user', parts: [{ functionResponse: { id: 'f1', name: 'tiempo', response: { output: 'Llueve.' } } }] },
      { role: 'user', parts: [{ inlineData: { mimeType: 'audio/wav', data } }] },
    ],
    turnComplete: true,
  })
  await live.until(() => live.turns() === 1)
  expect(lastWords(llm.requests.at(-1)!)).toContain('facturas')
  expect(JSON.stringify(llm.requests.at(-1)!.messages)).toMatch(/tiempo.*Lugo.*Llueve/)
})

/** A socket by hand: the client sends some fields to another of its vendor's services only. */
function socketWith(setup: object) {
  const path = '/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent'
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`)
  const frames: string[] = []
  socket.binaryType = 'arraybuffer'
  socket.addEventListener('message', ({ data }) => void frames.push(Buffer.from(data as ArrayBuffer).toString()))
  const closed = new Promise<string>((resolve) => socket.addEventListener('close', ({ reason }) => resolve(reason)))
  socket.addEventListener('open', () => socket.send(JSON.stringify({ setup: { model: 'x', ...setup } })))
  return { socket, frames, closed }
}

it('ends speech after the silence that the client wants', async () => {
  const pcm = Buffer.concat([sentence(), quiet(1), sentence(), quiet(4)])
  const starts = async (silenceDurationMs: number): Promise<number> => {
    const { socket, frames } = socketWith({
      explicitVadSignal: true,
      generationConfig: { responseModalities: ['TEXT'] },
      realtimeInputConfig: { automaticActivityDetection: { silenceDurationMs } },
    })
    const count = (type: string): number => frames.filter((frame) => frame.includes(type)).length
    await expect.poll(() => count('setupComplete'), { timeout: 30_000 }).toBe(1)
    for (let at = 0; at < pcm.length; at += 48_000) {
      const data = pcm.subarray(at, at + 48_000).toString('base64')
      socket.send(JSON.stringify({ realtimeInput: { audio: { mimeType: 'audio/pcm;rate=24000', data } } }))
    }
    const ends = silenceDurationMs < 1000 ? 2 : 1
    await expect.poll(() => count('ACTIVITY_END'), { timeout: 30_000 }).toBe(ends)
    socket.close()
    return count('ACTIVITY_START')
  }
  expect(await starts(300)).toBe(2)
  expect(await starts(3000)).toBe(1)
}, 60_000)

describe('closes with a reason on', () => {
  it.each([
    ['JSON as a live answer', { generationConfig: { responseMimeType: 'application/json' } }, /JSON/],
    ['several candidates', { generationConfig: { candidateCount: 2 } }, /candidateCount/],
    [
      'a window above its trigger',
      { contextWindowCompression: { triggerTokens: '10', slidingWindow: { targetTokens: '20' } } },
      /targetTokens/,
    ],
    [
      'a sensitivity of its own',
      { realtimeInputConfig: { automaticActivityDetection: { startOfSpeechSensitivity: 'EXTREME' } } },
      /START_SENSITIVITY/,
    ],
  ])('%s', async (_name, setup, reason) => {
    const { closed } = socketWith(setup)
    expect(await closed).toMatch(reason)
  })

  it('activity that the client marks while the server detects it', async () => {
    using live = await connect()
    live.session.sendRealtimeInput({ activityStart: {} })
    await live.until(() => live.closes.length === 1)
    expect(live.closes[0]).toMatchObject({ code: 1007, reason: expect.stringContaining('activityStart') })
  })
})
