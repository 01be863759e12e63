import sharp from 'sharp'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { readWav } from '../src/media/wav.ts'
import { type AssistantServer, startAssistantServer } from './helpers/assistant-server.ts'
import { LiveClient } from './helpers/live-client.ts'
import { type OmniServer, startOmniServer } from './helpers/omni-server.ts'

/** An engine that hears and sees by itself answers in the place of recognizer and language model; behind it a strict fake. */

let omni: OmniServer
let server: AssistantServer
beforeAll(async () => {
  omni = await startOmniServer()
  server = await startAssistantServer({
    engines: { omni: { adapter: 'openai', baseUrl: omni.url, audio: true, images: true, tools: false } },
  })
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  await omni[Symbol.asyncDispose]()
})
beforeEach(() => {
  server.clear()
  omni.reset()
})

it('gets the sound of the turn and no more, and its words are spoken', { timeout: 60_000 }, async () => {
  await using client = await LiveClient.connect(server.url)
  const { engines } = await client.open({ mode: 'assistant', client: { aec: 'active' } })
  expect(engines.omni).toMatchObject({ available: true, model: 'omni-fake' })
  await client.audio(server.quiet(4000))
  await client.audio(server.say('qué tiempo hace hoy'))
  const done = await client.next('reply_done', 0, 30_000)
  expect(done.text).toBe(omni.answer)
  expect(client.all('reply_audio').length).toBeGreaterThan(0)
  expect(omni.complaints).toEqual([])
  const [asked] = omni.asked
  expect(asked?.texts.join(' ')).not.toContain('tiempo')
  const { samples, sampleRate } = readWav(asked!.wavs[0]!)
  expect(sampleRate).toBe(16_000)
  expect(samples.length / 16).toBeLessThan(3500)
  const speech = samples.findIndex((sample) => Math.abs(sample) > 5000) / 16
  expect(speech).toBeGreaterThan(0)
  expect(speech).toBeLessThan(1000)
})

it('is stopped by speech: its request ends, and the next one knows what was heard', { timeout: 60_000 }, async () => {
  omni.hold = true
  await using client = await LiveClient.connect(server.url)
  await client.open({ mode: 'assistant', client: { aec: 'active' }, events: ['decisions'] })
  await client.audio(server.say('cuéntame algo largo'))
  await client.next('reply_audio', 0, 30_000)
  // the turn can no longer go on: sound comes at most 300 ms ahead
  await client.until(() => client.all('reply_audio').length > 25, 30_000)
  omni.hold = false
  await client.audio(server.say('espera dime la hora'), 3200, 100)
  const stopped = await client.next('reply_interrupted', 0, 30_000)
  expect(stopped.reason).toBe('barge_in')
  await omni.untilClosed(1)
  await client.next('reply_done', 0, 30_000)
  const at = client.received.findLastIndex(({ type }) => type === 'reply_interrupted')
  const after = client.received.slice(at + 1).filter(({ type }) => type.startsWith('reply_'))
  expect(after.some((message) => 'reply_id' in message && message.reply_id === stopped.reply_id)).toBe(false)
  expect(omni.asked.length).toBe(2)
  expect(omni.complaints).toEqual([])
  const before = omni.asked[1]!.texts.join('\n')
  expect(before).toContain('algo largo')
  if (stopped.heard_text) expect(before).toContain(stopped.heard_text)
})

it('is shown the photo that the question is about, at most 1280 px; typed words reach it as text', {
  timeout: 60_000,
}, async () => {
  await using client = await LiveClient.connect(server.url)
  const { session_id } = await client.open({ mode: 'assistant' })
  const photo = await sharp({ create: { width: 3000, height: 2000, channels: 3, background: '#c02020' } })
    .jpeg()
    .toBuffer()
  client.send({ type: 'frame', image_b64: photo.toString('base64') })
  await client.next('observation', 0, 30_000)
  client.send({ type: 'text', text: '¿qué ves?' })
  await client.next('reply_done', 0, 30_000)
  const [asked] = omni.asked
  expect(asked?.wavs).toEqual([])
  expect(asked?.texts.join(' ')).toContain('¿qué ves?')
  expect(asked?.pictures).toEqual([{ width: 1280, height: 853, format: 'jpeg' }])
  expect(omni.complaints).toEqual([])
  expect((await fetch(`${server.url}/sessions/${session_id}`)).status).toBe(200)
})
