import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { readWav } from '../../src/media/wav.ts'

/** Speech services that check what they are asked strictly and answer as the real ones do; no model behind them. */

/** What the fakes hear wherever it is loud; its words are spread over the audio. */
export const HEARD = ['hola', 'mundo']

export interface FakeSpeechPlan {
  /** Answer so many requests with this status first. */
  refuse?: { status: number; times: number; headers?: Record<string, string> }
  /** Never answer, hold the request open. */
  hang?: boolean
  /** Answer half of the JSON and cut. */
  half?: boolean
  /** Answer this instead. */
  body?: string
  /** vLLM and some speaches images: `words` is null. */
  noWords?: boolean
  /** Models that know `json` only. */
  jsonOnly?: boolean
  noSpeechProb?: number
  compressionRatio?: number
  /** Sockets are cut after this many audio messages. */
  cutAfter?: number
}

export interface FakeSpeech extends AsyncDisposable {
  url: string
  plan: FakeSpeechPlan
  /** Mistakes of the client; a test ends with none. */
  complaints: string[]
  /** Fields or parameters of each request. */
  requests: Record<string, string | string[]>[]
}

const isLoud = (samples: Int16Array): boolean => samples.some((sample) => Math.abs(sample) > 500)

const wordsOver = (seconds: number) =>
  HEARD.map((word, at) => ({ word, start: (at * seconds) / HEARD.length, end: ((at + 1) * seconds) / HEARD.length }))

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts)
}

type Handler = (fake: FakeSpeech, request: IncomingMessage, response: ServerResponse) => Promise<void>
type SocketHandler = (fake: FakeSpeech, socket: WebSocket, url: URL, request: IncomingMessage) => void

async function start(handle: Handler, onSocket: SocketHandler): Promise<FakeSpeech> {
  const fake: FakeSpeech = { url: '', plan: {}, complaints: [], requests: [], [Symbol.asyncDispose]: async () => {} }
  const server = createServer((request, response) => {
    handle(fake, request, response).catch((error: unknown) => {
      fake.complaints.push(String(error))
      response.destroy()
    })
  })
  const sockets = new WebSocketServer({ noServer: true })
  const hung = new Set<Duplex>()
  server.on('upgrade', (request, socket, head) => {
    const { refuse, hang } = fake.plan
    if (hang) return void hung.add(socket)
    if (refuse && refuse.times-- > 0) return void socket.end(`HTTP/1.1 ${refuse.status} No\r\nconnection: close\r\n\r\n`)
    sockets.handleUpgrade(request, socket, head, (ws) => onSocket(fake, ws, new URL(request.url!, 'http://fake'), request))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  fake[Symbol.asyncDispose] = async () => {
    for (const client of sockets.clients) client.terminate()
    for (const socket of hung) socket.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return fake
}

/** True when the plan answered. */
function misbehaves({ plan }: FakeSpeech, response: ServerResponse, good: string): boolean {
  if (plan.hang) return true
  if (plan.refuse && plan.refuse.times-- > 0) {
    response.writeHead(plan.refuse.status, plan.refuse.headers).end('{"error":{"message":"secret words of the user"}}')
    return true
  }
  if (plan.half) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write(good.slice(0, good.length / 2))
    setTimeout(() => response.destroy(), 10)
    return true
  }
  if (plan.body === undefined) return false
  response.writeHead(200, { 'content-type': 'application/json' }).end(plan.body)
  return true
}

/** `/v1/audio/transcriptions` and the realtime socket. */
export function startFakeOpenAi(key = 'sk-prueba'): Promise<FakeSpeech> {
  const handle: Handler = async (fake, request, response) => {
    const expect = (good: boolean, what: string): void => void (good || fake.complaints.push(what))
    expect(request.method === 'POST' && request.url === '/v1/audio/transcriptions', `${request.method} ${request.url}`)
    expect(request.headers.authorization === `Bearer ${key}`, 'no bearer key')
    const raw = new Uint8Array(await bodyOf(request))
    const form = await new Response(raw, { headers: { 'content-type': request.headers['content-type']! } }).formData()
    const fields = Object.fromEntries([...new Set(form.keys())].map((name) => [name, form.getAll(name).map(String)]))
    fake.requests.push(fields)
    const { samples, sampleRate } = readWav(new Uint8Array(await (form.get('file') as File).arrayBuffer()))
    expect(sampleRate === 16_000, `a rate of ${sampleRate}`)
    expect(fields.model?.length === 1, 'no model')
    expect(!fields.language || /^[a-z]{2,3}$/.test(fields.language[0]!), `the language ${String(fields.language)}`)
    const verbose = fields.response_format?.[0] === 'verbose_json'
    if (fake.plan.jsonOnly && verbose) return void response.writeHead(400).end('{}')
    const good = JSON.stringify(
      verbose ? verboseAnswer(fake.plan, samples, fields.language?.[0]) : { text: isLoud(samples) ? HEARD.join(' ') : '' },
    )
    if (!misbehaves(fake, response, good)) response.writeHead(200, { 'content-type': 'application/json' }).end(good)
  }
  return start(handle, realtime)
}

function verboseAnswer({ noWords, noSpeechProb, compressionRatio }: FakeSpeechPlan, samples: Int16Array, language?: string) {
  const duration = samples.length / 16_000
  const text = isLoud(samples) ? HEARD.join(' ') : ''
  const segment = {
    id: 0,
    start: 0,
    end: duration,
    text,
    avg_logprob: noSpeechProb ? -1.5 : -0.2,
    no_speech_prob: noSpeechProb ?? 0.01,
    compression_ratio: compressionRatio ?? 1.1,
  }
  return {
    task: 'transcribe',
    language: language ?? 'spanish',
    duration,
    text,
    words: noWords ? null : text ? wordsOver(duration) : [],
    segments: text ? [segment] : [],
  }
}

/** The transcription mode of the realtime socket. */
const realtime: SocketHandler = (fake, socket, url, request) => {
  const expect = (good: boolean, what: string): void => void (good || fake.complaints.push(what))
  expect(url.pathname === '/v1/realtime' && url.searchParams.get('intent') === 'transcription', `the socket ${url.href}`)
  expect(request.headers.authorization?.startsWith('Bearer ') === true, 'no bearer key')
  const parts: Buffer[] = []
  let configured = false
  socket.send(JSON.stringify({ type: 'session.created', session: {} }))
  socket.on('message', (data) => {
    const event = JSON.parse(String(data)) as {
      type: string
      audio?: string
      session?: { type?: string; audio?: { input?: { format?: { rate?: number } } } }
    }
    if (event.type === 'session.update') {
      configured = event.session?.type === 'transcription' && event.session.audio?.input?.format?.rate === 24_000
      socket.send(JSON.stringify({ type: 'session.updated', session: event.session }))
    } else if (event.type === 'input_audio_buffer.append') {
      parts.push(Buffer.from(event.audio!, 'base64'))
      if (fake.plan.cutAfter === parts.length) socket.terminate()
    } else if (event.type === 'input_audio_buffer.commit') {
      expect(configured, 'audio before a good session.update')
      const bytes = Buffer.concat(parts)
      const loud = isLoud(new Int16Array(new Uint8Array(bytes).buffer, 0, bytes.length >> 1))
      fake.requests.push({ seconds: String(bytes.length / 48_000) })
      const item = { item_id: 'i1', content_index: 0 }
      const name = 'conversation.item.input_audio_transcription'
      if (loud) for (const word of HEARD) socket.send(JSON.stringify({ type: `${name}.delta`, ...item, delta: `${word} ` }))
      socket.send(JSON.stringify({ type: `${name}.completed`, ...item, transcript: loud ? HEARD.join(' ') : '' }))
    } else fake.complaints.push(`the event ${event.type}`)
  })
}

/** `/v1/listen`, prerecorded and live. */
export function startFakeDeepgram(key = 'dg-prueba'): Promise<FakeSpeech> {
  const alternative = (samples: Int16Array) => {
    const seconds = samples.length / 16_000
    if (!isLoud(samples)) return { transcript: '', confidence: 0, words: [] }
    const words = wordsOver(seconds).map((word, speaker) => ({ ...word, confidence: 0.9, punctuated_word: word.word, speaker }))
    return { transcript: HEARD.join(' '), confidence: 0.9, words }
  }
  const check = (fake: FakeSpeech, url: URL, request: IncomingMessage): void => {
    if (request.headers.authorization !== `Token ${key}`) fake.complaints.push('no token')
    if (url.pathname !== '/v1/listen') fake.complaints.push(`the path ${url.pathname}`)
    fake.requests.push(
      Object.fromEntries([...new Set(url.searchParams.keys())].map((name) => [name, url.searchParams.getAll(name)])),
    )
  }
  const handle: Handler = async (fake, request, response) => {
    check(fake, new URL(request.url!, 'http://fake'), request)
    const { samples } = readWav(new Uint8Array(await bodyOf(request)))
    const good = JSON.stringify({
      metadata: { request_id: 'r1', duration: samples.length / 16_000, channels: 1 },
      results: { channels: [{ detected_language: 'es', alternatives: [alternative(samples)] }] },
    })
    if (!misbehaves(fake, response, good)) response.writeHead(200, { 'content-type': 'application/json' }).end(good)
  }
  const live: SocketHandler = (fake, socket, url, request) => {
    check(fake, url, request)
    if (url.searchParams.get('encoding') !== 'linear16' || url.searchParams.get('sample_rate') !== '16000')
      fake.complaints.push('raw audio without its form')
    const parts: Buffer[] = []
    const all = (): Int16Array => {
      const bytes = new Uint8Array(Buffer.concat(parts))
      return new Int16Array(bytes.buffer, 0, bytes.length >> 1)
    }
    const results = (is_final: boolean): string =>
      JSON.stringify({
        type: 'Results',
        channel_index: [0, 1],
        start: 0,
        duration: 1,
        is_final,
        speech_final: is_final,
        channel: { alternatives: [alternative(all())] },
      })
    socket.on('message', (data, isBinary) => {
      if (isBinary) {
        parts.push(data as Buffer)
        if (fake.plan.cutAfter === parts.length) return socket.terminate()
        if (parts.length % 4 === 0) socket.send(results(false))
        return
      }
      if ((JSON.parse(String(data)) as { type: string }).type !== 'CloseStream')
        fake.complaints.push(`the message ${String(data)}`)
      socket.send(results(true))
      socket.send(JSON.stringify({ type: 'Metadata', request_id: 'r1', duration: 1, channels: 1 }))
      socket.close(1000)
    })
  }
  return start(handle, live)
}
