import { Deepgram, DeepgramClient, DeepgramError } from '@deepgram/sdk'
import { ApiError, GoogleGenAI } from '@google/genai'
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
} from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KeyFile } from '../../src/access/key-file.ts'
import { addKey } from '../../src/access/keys.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { wavFile } from './helpers/media.ts'

/** A mistake comes out of each official client as the class that its users catch. */

const MAX_BYTES = 1024 * 1024
let server: Awaited<ReturnType<typeof startTestServer>>
let key: string
let reader: string
beforeAll(async () => {
  server = await startTestServer({
    access: { mode: 'required' },
    compat: { strictModels: true, maxBodyBytes: MAX_BYTES },
  })
  key = server.access.firstKey!
  new KeyFile(server.dataDir).change((ring) => {
    const made = addKey(ring, { name: 'reader', scopes: ['read'] }, new Date().toISOString())
    reader = made.key
    return made.ring
  })
})
afterAll(() => server[Symbol.asyncDispose]())

const thrown = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => Promise.reject(new Error('expected an error')),
    (error: unknown) => error,
  )
const fn = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } }
const garbage = Buffer.from('this is no audio and no picture, whatever its name says')
const tooLarge = Buffer.concat([wavFile(), Buffer.alloc(MAX_BYTES)])

describe('openai', () => {
  const client = (apiKey = key) => new OpenAI({ apiKey, baseURL: `${server.url}/v1`, maxRetries: 0 })
  const hear = (bytes: Buffer, model = 'whisper-1', apiKey = key) =>
    client(apiKey).audio.transcriptions.create({ file: new File([new Uint8Array(bytes)], 'a.wav'), model })
  const chat = (body: object, apiKey = key) =>
    client(apiKey).chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'x' }], ...body } as never)

  it.each([
    ['a bad key', () => hear(wavFile(), 'whisper-1', 'sk-wrong'), AuthenticationError, 401, 'invalid_api_key'],
    ['a key that may only read', () => hear(wavFile(), 'whisper-1', reader), PermissionDeniedError, 403, 'permission_denied'],
    ['an unknown model', () => hear(wavFile(), 'whisper-9'), NotFoundError, 404, 'model_not_found'],
    ['an unknown model of a chat', () => chat({ model: 'gpt-9' }), NotFoundError, 404, 'model_not_found'],
    ['bad audio', () => hear(garbage), BadRequestError, 400, 'invalid_audio'],
    ['a recording that is too large', () => hear(tooLarge), APIError, 413, 'request_too_large'],
    ['a message without role', () => chat({ messages: [{ content: 'x' }] }), BadRequestError, 400, null],
    [
      'what no loaded model can do',
      () => chat({ tools: [fn], tool_choice: 'required' }),
      InternalServerError,
      503,
      'model_unavailable',
    ],
    ['what is not offered', () => chat({ n: 2 }), InternalServerError, 501, 'unsupported'],
  ])('%s', async (_name, work, type, status, code) => {
    const error = await thrown(Promise.resolve(work()))
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ status, code, requestID: expect.any(String) })
  })
})

describe('@google/genai', () => {
  const client = (apiKey = key) => new GoogleGenAI({ apiKey, httpOptions: { baseUrl: server.url } })
  const ask = (parts: object[], model = 'gemini-2.5-flash', apiKey = key) =>
    client(apiKey).models.generateContent({ model, contents: [{ role: 'user', parts }] as never })
  const inline = (bytes: Buffer, mimeType: string) => ({ inlineData: { mimeType, data: bytes.toString('base64') } })

  it.each([
    ['a bad key', () => ask([{ text: 'x' }], undefined, 'wrong'), 400, /API_KEY_INVALID/],
    ['a key that may only read', () => ask([{ text: 'x' }], undefined, reader), 403, /PERMISSION_DENIED/],
    ['an unknown model', () => ask([{ text: 'x' }], 'gemini-9'), 404, /NOT_FOUND/],
    ['bad audio', () => ask([inline(garbage, 'audio/wav')]), 400, /INVALID_ARGUMENT/],
    ['a bad picture', () => ask([inline(garbage, 'image/jpeg')]), 400, /INVALID_ARGUMENT/],
    ['a recording that is too large', () => ask([inline(tooLarge, 'audio/wav')]), 413, /INVALID_ARGUMENT/],
  ])('%s', async (_name, work, status, message) => {
    const error = await thrown(work())
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status, message: expect.stringMatching(message) })
  })
})

describe('@deepgram/sdk', () => {
  const hear = async (bytes: Buffer, model = 'nova-3', apiKey = key) =>
    new DeepgramClient({ apiKey, baseUrl: server.url, maxRetries: 0 }).listen.v1.media.transcribeFile(bytes, { model })

  it.each([
    ['a bad key', () => hear(wavFile(), 'nova-3', 'wrong'), DeepgramError, 401, 'INVALID_AUTH'],
    ['a key that may only read', () => hear(wavFile(), 'nova-3', reader), DeepgramError, 403, 'FORBIDDEN'],
    ['an unknown model', () => hear(wavFile(), 'nova-9'), Deepgram.BadRequestError, 400, 'Bad Request'],
    ['bad audio', () => hear(garbage), Deepgram.BadRequestError, 400, 'Bad Request'],
    ['a recording that is too large', () => hear(tooLarge), DeepgramError, 413, 'Payload Too Large'],
  ])('%s', async (_name, work, type, statusCode, err_code) => {
    const error = await thrown(work())
    expect(error).toBeInstanceOf(type)
    expect(error).toMatchObject({ statusCode, body: { err_code, err_msg: expect.any(String), request_id: expect.any(String) } })
  })
})
