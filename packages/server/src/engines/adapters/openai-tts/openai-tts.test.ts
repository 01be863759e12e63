import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ttsContract } from '../../contract/tts-contract.ts'
import { openOpenAiTts } from './openai-tts.ts'

/** A service that answers a tone of 60 ms a character, in pieces that cut samples in half. */
let server: Server
let baseUrl = ''
let status = 200
const asked: { body: Record<string, unknown>; key: string | undefined }[] = []

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as { input: string }
    asked.push({ body, key: request.headers.authorization })
    if (status !== 200) {
      response.writeHead(status).end('{"error":{}}')
      return
    }
    response.writeHead(200, { 'content-type': 'audio/pcm' })
    const samples = Int16Array.from({ length: body.input.length * 1440 }, (_, i) => 9000 * Math.sin(i / 12))
    const bytes = Buffer.from(samples.buffer)
    for (let at = 0; at < bytes.length; at += 4801) {
      if (response.destroyed) return
      response.write(bytes.subarray(at, at + 4801))
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
})

ttsContract('openai-tts', () => openOpenAiTts({ baseUrl, apiKey: 'secret', voice: 'nova' }))

describe('the speech service', () => {
  const signal = new AbortController().signal
  it('is asked for raw sound with its key, its voice and the speed', async () => {
    asked.length = 0
    const tts = await openOpenAiTts({ baseUrl, apiKey: 'secret', model: 'kokoro', voice: 'ef_dora' })
    const chunks = await Array.fromAsync(tts.synthesize({ text: 'Hola.', language: 'es', speed: 1.2 }, signal))
    expect(chunks.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(5 * 1440)
    expect(asked).toEqual([
      {
        key: 'Bearer secret',
        body: { model: 'kokoro', input: 'Hola.', voice: 'ef_dora', response_format: 'pcm', speed: 1.2 },
      },
    ])
  })

  it('that refuses is a failed voice, without its words', async () => {
    status = 401
    const tts = await openOpenAiTts({ baseUrl })
    const said = Array.fromAsync(tts.synthesize({ text: 'Hola.', language: 'es' }, signal))
    await expect(said).rejects.toMatchObject({ code: 'tts_failed', message: expect.stringContaining('401') })
    status = 200
  })

  it('without an address is not opened', async () => {
    expect(() => openOpenAiTts({}, {})).toThrow(expect.objectContaining({ code: 'engine_unavailable' }))
    expect(() => openOpenAiTts({ baseUrl: 'ftp://x' }, {})).toThrow(expect.objectContaining({ code: 'config_invalid' }))
  })
})
