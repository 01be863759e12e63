import { DeepgramClient } from '@deepgram/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixturePcm } from '../helpers/audio.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { wavFile } from './helpers/media.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
let client: DeepgramClient
beforeAll(async () => {
  server = await startTestServer()
  client = new DeepgramClient({ apiKey: 'anything', baseUrl: server.url })
})
afterAll(() => server[Symbol.asyncDispose]())

describe('smoke', () => {
  it('prerecorded', async () => {
    const answer = await client.listen.v1.media.transcribeFile(wavFile('es-dialogo'), {
      model: 'nova-3',
      diarize: true,
      utterances: true,
      paragraphs: true,
      punctuate: true,
    })
    console.log(JSON.stringify(answer).slice(0, 1500))
  })
  it('live', async () => {
    const socket = await client.listen.v1.connect({
      model: 'nova-3',
      encoding: 'linear16',
      sample_rate: 16000,
      interim_results: 'true',
      utterance_end_ms: 1000,
      vad_events: 'true',
      diarize: 'true',
      Authorization: 'Token x',
    } as never)
    const got: any[] = []
    socket.on('message', (m: any) => got.push(m))
    const closed = new Promise((resolve) => socket.on('close', (e: any) => resolve(e)))
    socket.connect()
    await socket.waitForOpen()
    const pcm = fixturePcm('es-dialogo')
    for (let at = 0; at < pcm.length; at += 6400) {
      socket.sendMedia(pcm.subarray(at, at + 6400))
      await new Promise((r) => setTimeout(r, 2))
    }
    socket.sendCloseStream({ type: 'CloseStream' })
    const e: any = await closed
    console.log(
      e.code,
      got.map((m) => `${m.type}${m.is_final ? '!' : ''}${m.channel?.alternatives?.[0]?.words?.[0]?.speaker ?? ''}`).join(' '),
    )
  })
})
