import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import {
  type ChatBody,
  type FakeChatServer,
  fakeChatServer,
} from '../src/engines/adapters/openai-chat/testing/fake-chat-server.ts'
import { type AssistantServer, startAssistantServer } from './helpers/assistant-server.ts'
import { LiveClient } from './helpers/live-client.ts'

/** What a language model behind the chat API is really sent: the photo that is asked about, and a conversation that stays within its budget. */

const CONTEXT_TOKENS = 2048
/** What an answer may take, and the characters that a token of Spanish has, low side. */
const ANSWER_TOKENS = 400
const CHARS_PER_TOKEN = 3
const SECRET = 'el trastero se abre con la llave azul'
const SUMMARY = 'Resumen: el trastero se abre con la llave azul.'

const isSummary = (body: ChatBody): boolean => String(body.messages[0]!.content).startsWith('Sum up')
const lastOf = (body: ChatBody): { type: string; text?: string; image_url?: { url: string } }[] => {
  const { content } = body.messages.at(-1)!
  return Array.isArray(content) ? content : [{ type: 'text', text: String(content) }]
}
const picturesOf = (body: ChatBody): Buffer[] =>
  lastOf(body).flatMap(({ image_url }) => (image_url ? [Buffer.from(image_url.url.split(',')[1]!, 'base64')] : []))

let chat: FakeChatServer
let server: AssistantServer
beforeAll(async () => {
  chat = await fakeChatServer({ answer: (body) => [isSummary(body) ? SUMMARY : 'Vale.'] })
  const llm = { adapter: 'openai', baseUrl: chat.url, images: true, tools: false, contextTokens: CONTEXT_TOKENS }
  server = await startAssistantServer({ engines: { llm } })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await chat[Symbol.asyncDispose]()
})
beforeEach(() => {
  chat.bodies.length = 0
})

async function talk(): Promise<LiveClient> {
  const client = await LiveClient.connect(server.url)
  await client.open({ mode: 'assistant', voice: 'off', analyze: false })
  return client
}

async function ask(client: LiveClient, text: string): Promise<ChatBody> {
  const done = client.all('reply_done').length
  client.send({ type: 'text', text })
  await client.next('reply_done', done, 30_000)
  return chat.bodies.findLast((body) => !isSummary(body))!
}

it('shows the newest photo to a model that takes images, when the question is about what is seen', {
  timeout: 60_000,
}, async () => {
  await using client = await talk()
  for (const background of ['#20c020', '#c02020']) {
    const photo = await sharp({ create: { width: 2600, height: 1300, channels: 3, background } })
      .jpeg()
      .toBuffer()
    const seen = client.all('observation').filter(({ observation }) => observation.status === 'done').length
    client.send({ type: 'frame', image_b64: photo.toString('base64') })
    const described = () => client.all('observation').filter(({ observation }) => observation.status === 'done').length > seen
    await client.until(described, 30_000)
  }
  expect(picturesOf(await ask(client, '¿qué hora es?'))).toEqual([])
  const [picture, ...more] = picturesOf(await ask(client, '¿qué ves?'))
  expect(more).toEqual([])
  const { width, height, format, exif } = await sharp(picture).metadata()
  expect({ width, height, format, exif }).toEqual({ width: 1280, height: 640, format: 'jpeg', exif: undefined })
  const { channels } = await sharp(picture).stats()
  expect(channels[0]!.mean).toBeGreaterThan(150) // the red one came last
  expect(channels[1]!.mean).toBeLessThan(80)
})

it('sums up old turns, so that the model is never sent more than its budget and still knows them', {
  timeout: 90_000,
}, async () => {
  await using client = await talk()
  await ask(client, `Recuerda que ${SECRET}.`)
  const talkative = 'y además te cuento otra cosa que no tiene mucha importancia para nadie. '.repeat(4)
  for (let i = 0; i < 14; i += 1) await ask(client, `Punto ${i}: ${talkative}`)
  await client.until(() => chat.bodies.some(isSummary), 30_000)
  const [summed] = chat.bodies.filter(isSummary)
  expect(JSON.stringify(summed!.messages)).toContain(SECRET)

  const last = JSON.stringify((await ask(client, '¿cómo se abre el trastero?')).messages)
  expect(last).toContain(SUMMARY)
  expect(last).not.toContain(`Recuerda que ${SECRET}`)
  for (const { messages } of chat.bodies) {
    const chars = messages.map(({ content }) => String(content)).join('').length
    expect(chars / CHARS_PER_TOKEN + ANSWER_TOKENS).toBeLessThanOrEqual(CONTEXT_TOKENS)
  }
})
