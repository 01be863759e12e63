import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readWav } from '../../src/media/wav.ts'

/**
 * A voice and a recognizer behind OpenAI-compatible routes that understand each other: every text is spoken as a tone of its own pitch,
 * 65 ms a character, and the pitch says what was spoken, the length how much of it.
 */
export interface SpeechService extends AsyncDisposable {
  readonly url: string
  /** Texts in the order in which they were first spoken. */
  readonly spoken: readonly string[]
}

const TTS_RATE = 24_000
const CHAR_MS = 65
const MIN_HZ = 200
const STEP_HZ = 60

export async function startSpeechService(): Promise<SpeechService> {
  const spoken: string[] = []
  const server = createServer(async (request, response) => {
    const body = await bodyOf(request)
    if (request.url === '/v1/audio/speech') {
      const { input } = JSON.parse(body.toString()) as { input: string }
      if (!spoken.includes(input)) spoken.push(input)
      response.writeHead(200, { 'content-type': 'audio/pcm' }).end(toneOf(input, spoken.indexOf(input)))
    } else if (request.url === '/v1/audio/transcriptions') {
      const raw = new Uint8Array(body)
      const form = await new Response(raw, { headers: { 'content-type': request.headers['content-type']! } }).formData()
      const { samples, sampleRate } = readWav(new Uint8Array(await (form.get('file') as File).arrayBuffer()))
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ text: textOf(samples, sampleRate, spoken) }))
    } else response.writeHead(404).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    spoken,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function toneOf(text: string, index: number): Buffer {
  const samples = Int16Array.from({ length: (TTS_RATE * text.length * CHAR_MS) / 1000 }, (_, i) =>
    Math.round(14_000 * Math.sin((2 * Math.PI * (MIN_HZ + index * STEP_HZ) * i) / TTS_RATE)),
  )
  return Buffer.from(samples.buffer)
}

function textOf(samples: Int16Array, sampleRate: number, spoken: readonly string[]): string {
  const isLoud = (sample: number): boolean => Math.abs(sample) > 800
  const from = samples.findIndex(isLoud)
  if (from < 0) return ''
  const heard = samples.subarray(from, samples.findLastIndex(isLoud) + 1)
  let crossings = 0
  for (let i = 1; i < heard.length; i += 1) if (heard[i]! >= 0 !== heard[i - 1]! >= 0) crossings += 1
  const hz = (crossings * sampleRate) / 2 / heard.length
  const text = spoken[Math.round((hz - MIN_HZ) / STEP_HZ)] ?? ''
  const characters = (heard.length * 1000) / sampleRate / CHAR_MS
  const words = text.split(' ')
  let end = 0
  let count = 0
  while (count < words.length && end + words[count]!.length <= characters + 1) end += words[count++]!.length + 1
  return words.slice(0, count).join(' ')
}
