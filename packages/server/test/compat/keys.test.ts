import { DeepgramClient } from '@deepgram/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { startTestServer } from '../helpers/test-server.ts'
import { wavFile } from './helpers/media.ts'

/** A server with keys: each API's own refusal, and the key wherever that API's clients put it. */

let server: Awaited<ReturnType<typeof startTestServer>>
let key: string
beforeAll(async () => {
  server = await startTestServer({ access: { mode: 'required' } })
  key = server.access.firstKey!
})
afterAll(() => server[Symbol.asyncDispose]())

const openai = (apiKey: string) => new OpenAI({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 })
const gemini = (apiKey: string) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: server.url } })
const deepgram = (apiKey: string) => new DeepgramClient({ apiKey, baseUrl: server.url })
const caught = (promise: Promise<unknown>): Promise<Record<string, unknown>> =>
  promise.then(
    () => ({}),
    (error: unknown) => error as Record<string, unknown>,
  )
const handshake = (path: string, protocols: string[], headers = {}): Promise<number> =>
  new Promise((resolve) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}${path}`, protocols, { headers })
    socket.on('error', () => {})
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode!))
    socket.on('open', () => {
      socket.close()
      resolve(101)
    })
  })

it('refuses a wrong key as OpenAI does, by HTTP and at the handshake', async () => {
  expect(
    await caught(
      openai('sk-wrong')
        .models.list()
        .then((page) => page.data),
    ),
  ).toMatchObject({ status: 401, code: 'invalid_api_key' })
  expect(await handshake('/v1/realtime?model=x', ['realtime', 'openai-insecure-api-key.sk-wrong'])).toBe(401)
})

it('refuses a wrong key as Gemini does, on a socket by a close code', async () => {
  const error = await caught(
    gemini('wrong')
      .models.list()
      .then((pager) => pager.page),
  )
  expect(error.status).toBe(400)
  expect(JSON.parse(String(error.message))).toMatchObject({
    error: { status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] },
  })
  const live = gemini('wrong').live.connect({ model: 'x', callbacks: { onmessage: () => {} } })
  await expect(live).rejects.toThrow(/1007.*API key not valid/)
})

it('refuses a wrong key as Deepgram does', async () => {
  const error = await caught(
    deepgram('wrong').listen.v1.media.transcribeFile(wavFile(), { model: 'nova-3' }) as unknown as Promise<unknown>,
  )
  expect(error).toMatchObject({ statusCode: 401, body: { err_code: 'INVALID_AUTH', err_msg: 'Invalid credentials.' } })
  expect(await handshake('/v1/listen', ['token', 'wrong'])).toBe(401)
})

it('takes a good key wherever the clients put it, and keeps what came under its owner', async () => {
  expect((await openai(key).models.list()).data.length).toBeGreaterThan(0)
  expect((await gemini(key).models.list()).page.length).toBeGreaterThan(0)
  const { text } = await openai(key).audio.transcriptions.create({
    file: new File([new Uint8Array(wavFile())], 'a.wav'),
    model: 'x',
  })
  expect(text).toContain('facturas')
  expect((await server.store.sessions.list({ limit: 10 })).map(({ owner }) => owner)).toEqual([expect.any(String)])
  expect(await handshake('/v1/listen', ['token', key])).toBe(101)
  expect(await handshake('/v1/realtime?model=x', ['realtime', `openai-insecure-api-key.${key}`])).toBe(101)
  const session = await gemini(key).live.connect({ model: 'x', callbacks: { onmessage: () => {} } })
  session.close()
  const secret = await openai(key).realtime.clientSecrets.create({ session: { type: 'realtime' } })
  expect(await handshake('/v1/realtime', ['realtime', `openai-insecure-api-key.${secret.value}`])).toBe(101)
})
