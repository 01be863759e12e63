import { RealtimeAgent, RealtimeSession, tool } from '@openai/agents/realtime'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { startTestServer } from '../helpers/test-server.ts'
import { question, quiet, speechOf } from './helpers/realtime-client.ts'
import { scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

/** The Agents SDK's Realtime session, unmodified, over its own WebSocket transport. */

const llm = scriptedLlm()
llm.when(/cuento/i, {
  text: 'Érase una vez una villa muy lejana, en la que vivían muchas personas felices. Y así pasaron los años, y los años.',
})
llm.when(/luz/i, { calls: [{ name: 'encender', args: { sala: 'cocina' } }] })
llm.when(/encendida/i, { text: 'La luz está encendida.' })
llm.when(/reject|denied|not approved|rechaz/i, { text: 'No la enciendo.' })

let server: Awaited<ReturnType<typeof startTestServer>>
let ran: unknown[] = []
beforeAll(async () => {
  server = await startTestServer({ assistant: { frameWaitMs: 100 } }, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
})
afterAll(() => server[Symbol.asyncDispose]())
beforeEach(() => {
  ran = []
})

const url = (): string => `${server.url.replace('http', 'ws')}/v1/realtime?model=gpt-realtime`
const WAIT = { timeout: 30_000, interval: 20 }

async function open(needsApproval = false) {
  const encender = tool({
    name: 'encender',
    description: 'Enciende la luz',
    parameters: z.object({ sala: z.string() }),
    needsApproval,
    execute: async (args) => {
      ran.push(args)
      return 'encendida'
    },
  })
  const agent = new RealtimeAgent({ name: 'casa', instructions: 'Breve.', tools: [encender] })
  const session = new RealtimeSession(agent, { transport: 'websocket', model: 'gpt-realtime' })
  const errors: unknown[] = []
  session.on('error', (error) => void errors.push(error))
  let audioBytes = 0
  session.on('audio', ({ data }) => {
    audioBytes += data.byteLength
  })
  let interrupted = 0
  session.on('audio_interrupted', () => {
    interrupted += 1
  })
  await session.connect({ apiKey: 'anything', url: url() })
  return {
    session,
    errors,
    history: () => JSON.stringify(session.history),
    get audioBytes() {
      return audioBytes
    },
    get interrupted() {
      return interrupted
    },
    [Symbol.dispose]: () => session.close(),
  }
}

const send = (session: RealtimeSession, pcm: Buffer): void => session.sendAudio(new Uint8Array(pcm).buffer)

it('runs an agent with a tool by voice and by text', async () => {
  using live = await open()
  live.session.sendMessage('Da la luz')
  await expect.poll(live.history, WAIT).toContain('La luz está encendida.')
  expect(ran).toEqual([{ sala: 'cocina' }])
  expect(live.audioBytes).toBeGreaterThan(10_000)
  send(live.session, speechOf('es-04-tareas'))
  send(live.session, quiet(2))
  await expect.poll(live.history, WAIT).toContain('facturas')
  expect(live.errors).toEqual([])
}, 60_000)

describe('an answer', () => {
  it('is interrupted by the client: no sound of it afterwards, and the next one comes', async () => {
    using live = await open()
    live.session.sendMessage('Cuéntame un cuento')
    await expect.poll(() => live.audioBytes, WAIT).toBeGreaterThan(10_000)
    live.session.interrupt()
    await expect.poll(() => live.interrupted, WAIT).toBe(1)
    live.session.sendMessage('Da la luz')
    await expect.poll(live.history, WAIT).toContain('La luz está encendida.')
    expect(live.history()).not.toContain('y los años')
    expect(live.errors).toEqual([])
  }, 60_000)

  it('is interrupted by speech', async () => {
    using live = await open()
    live.session.sendMessage('Cuéntame un cuento')
    await expect.poll(() => live.audioBytes, WAIT).toBeGreaterThan(10_000)
    send(live.session, question())
    send(live.session, quiet(2))
    await expect.poll(() => live.interrupted, WAIT).toBeGreaterThan(0)
    await expect.poll(live.history, WAIT).toContain('De acuerdo.')
    expect(live.history()).not.toContain('y los años')
  }, 60_000)
})

describe('a tool that needs approval', () => {
  it('runs when it is approved', async () => {
    using live = await open(true)
    live.session.on('tool_approval_requested', (_context, _agent, request) => {
      expect(ran).toEqual([])
      void live.session.approve(request.approvalItem)
    })
    live.session.sendMessage('Da la luz')
    await expect.poll(live.history, WAIT).toContain('La luz está encendida.')
    expect(ran).toEqual([{ sala: 'cocina' }])
    expect(live.errors).toEqual([])
  }, 60_000)

  it('does not run when it is rejected, and the model is told', async () => {
    using live = await open(true)
    live.session.on('tool_approval_requested', (_context, _agent, request) => void live.session.reject(request.approvalItem))
    live.session.sendMessage('Da la luz')
    await expect.poll(live.history, WAIT).toContain('No la enciendo.')
    expect(ran).toEqual([])
    expect(live.errors).toEqual([])
  }, 60_000)
})

it('connects again after its socket has gone, with the same agent and settings', async () => {
  using live = await open()
  const states: string[] = []
  live.session.transport.on('connection_change', (state) => void states.push(state))
  live.session.close()
  await expect.poll(() => states.at(-1), WAIT).toBe('disconnected')
  await live.session.connect({ apiKey: 'anything', url: url() })
  live.session.sendMessage('Da la luz')
  await expect.poll(live.history, WAIT).toContain('La luz está encendida.')
  expect(states.at(-1)).toBe('connected')
  expect(live.errors).toEqual([])
}, 60_000)
