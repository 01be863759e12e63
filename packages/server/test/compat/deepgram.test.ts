import { DeepgramClient } from '@deepgram/sdk'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { writeWav } from '../../src/media/wav.ts'
import { dialogueReference, fixturePcm, fixtureSamples } from '../helpers/audio.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { wavFile } from './helpers/media.ts'

let server: Awaited<ReturnType<typeof startTestServer>>
let client: DeepgramClient
beforeAll(async () => {
  server = await startTestServer()
  client = new DeepgramClient({ apiKey: 'anything', baseUrl: server.url })
})
afterAll(() => server[Symbol.asyncDispose]())

interface Alternative {
  transcript: string
  confidence: number
  words: { word: string; start: number; end: number; punctuated_word?: string; speaker?: number }[]
  paragraphs?: { transcript: string; paragraphs: { sentences: object[]; num_words: number }[] }
}
interface Prerecorded {
  metadata: { sha256: string; duration: number; channels: number; models: string[]; model_info: Record<string, { name: string }> }
  results: {
    channels: { detected_language?: string; alternatives: Alternative[] }[]
    utterances?: { speaker?: number; channel: number; words: object[] }[]
  }
}
interface Message {
  type: string
  is_final?: boolean
  speech_final?: boolean
  from_finalize?: boolean
  start?: number
  duration?: number
  channel_index?: number[]
  channel?: { alternatives: Alternative[] } & number[]
  last_word_end?: number
}

const transcribe = (file: Buffer, options: Record<string, unknown> = {}): Promise<Prerecorded> =>
  client.listen.v1.media.transcribeFile(file, { model: 'nova-3', ...options } as never) as unknown as Promise<Prerecorded>

const failure = (
  promise: Promise<unknown>,
): Promise<{ statusCode: number; body: { err_code: string; err_msg: string; request_id: string } }> =>
  promise.then(
    () => Promise.reject(new Error('expected an error')),
    (error: unknown) => error as never,
  )

async function connect(options: Record<string, unknown>) {
  const socket = await client.listen.v1.connect({
    model: 'nova-3',
    Authorization: 'Token anything',
    reconnectAttempts: 0,
    ...options,
  } as never)
  const messages: Message[] = []
  let closed: number | null = null
  socket.on('message', (message) => void messages.push(message as unknown as Message))
  socket.on('close', (event) => {
    closed = event.code
  })
  socket.on('error', () => {})
  socket.connect()
  await socket.waitForOpen()
  const until = (condition: () => boolean) => expect.poll(condition, { timeout: 30_000, interval: 20 }).toBe(true)
  return {
    socket,
    messages,
    until,
    get closed() {
      return closed
    },
    of: (type: string) => messages.filter((message) => message.type === type),
  }
}

async function send(socket: { sendMedia(data: never): void }, pcm: Uint8Array): Promise<void> {
  for (let at = 0; at < pcm.length; at += 6400) {
    socket.sendMedia(pcm.slice(at, at + 6400) as never)
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}

/** Share of words that lie inside one person's turn and carry that person's number, by the best naming of the numbers. */
function rightSpeakers(words: Alternative['words']): { share: number; counted: number } {
  const { turns } = dialogueReference()
  const votes = new Map<string, number>()
  let counted = 0
  for (const { start, end, speaker } of words) {
    const turn = turns.find((one) => start >= one.start - 0.1 && end <= one.end + 0.1)
    if (!turn) continue
    counted += 1
    const key = `${turn.speaker} ${speaker}`
    votes.set(key, (votes.get(key) ?? 0) + 1)
  }
  const of = (person: string, number: number): number => votes.get(`${person} ${number}`) ?? 0
  return { share: Math.max(of('A', 0) + of('B', 1), of('A', 1) + of('B', 0)) / counted, counted }
}

describe('prerecorded', () => {
  it('gives words, speakers, paragraphs and utterances when they are asked for', async () => {
    const answer = await transcribe(wavFile('es-dialogo'), {
      diarize: true,
      punctuate: true,
      utterances: true,
      paragraphs: true,
      detect_language: true,
    })
    const [channel] = answer.results.channels
    const [best] = channel!.alternatives
    expect(best!.transcript).toContain('proyecto de las gafas')
    expect(new Set(best!.words.map(({ speaker }) => speaker))).toEqual(new Set([0, 1]))
    expect(rightSpeakers(best!.words).share).toBeGreaterThan(0.95)
    for (const { speaker, words } of answer.results.utterances!)
      expect(new Set((words as Alternative['words']).map((word) => word.speaker))).toEqual(new Set([speaker]))
    expect(best!.words.every(({ word }) => word === word.toLowerCase())).toBe(true)
    expect(best!.paragraphs!.paragraphs.reduce((sum, { num_words }) => sum + num_words, 0)).toBe(best!.words.length)
    expect(answer.results.utterances!.flatMap(({ words }) => words)).toHaveLength(best!.words.length)
    expect(channel!.detected_language).toBe('es')
    expect(answer.metadata.model_info[answer.metadata.models[0]!]).toMatchObject({ name: 'nova-3' })
    expect(answer.metadata).toMatchObject({
      duration: expect.closeTo(56, 0),
      channels: 1,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect((await server.store.search('gafas', { limit: 5 })).length).toBeGreaterThan(0)
  })

  it('leaves out what was not asked for, and hears raw samples and each channel by itself', async () => {
    const [a, b] = [fixtureSamples('es-04-tareas'), fixtureSamples('es-03-camara')]
    const stereo = new Int16Array(Math.max(a.length, b.length) * 2)
    a.forEach((sample, i) => {
      stereo[i * 2] = sample
    })
    b.forEach((sample, i) => {
      stereo[i * 2 + 1] = sample
    })
    const answer = await transcribe(Buffer.from(writeWav(stereo, 16_000, 2)), { multichannel: true })
    expect(answer.results.channels.map(({ alternatives }) => alternatives[0]!.transcript)).toEqual([
      expect.stringContaining('facturas'),
      expect.not.stringContaining('facturas'),
    ])
    expect(answer.results.utterances).toBeUndefined()
    expect(answer.results.channels[0]!.alternatives[0]!.words[0]).not.toHaveProperty('speaker')
    // the client has no field for the rate; curl users write it
    const url = `${server.url}/v1/listen?encoding=linear16&sample_rate=16000`
    const answer2 = await fetch(url, {
      method: 'POST',
      headers: { authorization: 'Token x' },
      body: new Uint8Array(fixturePcm('es-04-tareas')),
    })
    const raw = (await answer2.json()) as Prerecorded
    expect(raw.results.channels[0]!.alternatives[0]!.transcript).toContain('facturas')
  })

  it.each([
    ['bytes that are no audio', Buffer.from('hello, this is certainly no audio'), {}, /corrupt or unsupported data/],
    ['nothing', Buffer.alloc(0), {}, /0 bytes/],
    ['samples without a rate', Buffer.alloc(3200), { encoding: 'linear16' }, /sample_rate/],
    ['an encoding of its own', Buffer.alloc(3200), { encoding: 'speex', sample_rate: 16_000 }, /speex/],
    ['redaction', wavFile(), { redact: 'pci' }, /redact/],
    ['a callback', wavFile(), { callback: 'http://x' }, /callback/],
    ['a summary that it would not make', wavFile(), { summarize: 'v2' }, /summarize/],
    ['to leave out swear words', wavFile(), { profanity_filter: true }, /profanity_filter/],
  ])('refuses %s', async (_name, file, options, message) => {
    const error = await failure(transcribe(file, options))
    expect(error.statusCode).toBe(400)
    expect(error.body).toMatchObject({
      err_code: 'Bad Request',
      err_msg: expect.stringMatching(message),
      request_id: expect.any(String),
    })
  })

  it('fetches nothing from other hosts', async () => {
    const error = await failure(client.listen.v1.media.transcribeUrl({ url: 'http://10.0.0.1/a.wav' }) as never)
    expect(error.statusCode).toBe(400)
  })
})

describe('live', () => {
  it('gives interims that repeat their window, finals that follow each other, speech events, and closes with 1000', async () => {
    const live = await connect({
      encoding: 'linear16',
      sample_rate: 16_000,
      interim_results: 'true',
      utterance_end_ms: '1000',
      vad_events: 'true',
      diarize: 'true',
      smart_format: 'true',
    })
    await send(live.socket, fixturePcm('es-dialogo').subarray(0, 16_000 * 2 * 20))
    live.socket.sendCloseStream({ type: 'CloseStream' })
    await live.until(() => live.closed !== null)
    expect(live.closed).toBe(1000)
    expect(live.messages.at(-1)).toMatchObject({
      type: 'Metadata',
      duration: expect.closeTo(20, 0),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    const results = live.of('Results')
    const finals = results.filter((one) => one.is_final)
    expect(finals.length).toBeGreaterThanOrEqual(2)
    let from = 0
    for (const one of results) {
      expect(one.start).toBeCloseTo(from, 3)
      const end = one.start! + one.duration!
      for (const word of one.channel!.alternatives[0]!.words) {
        expect(word.start).toBeGreaterThanOrEqual(one.start! - 0.001)
        expect(word.end).toBeLessThanOrEqual(end + 0.001)
      }
      if (one.is_final) from = end
      else expect(one.speech_final).toBe(false)
    }
    expect(finals.some((one) => one.speech_final)).toBe(true)
    expect(
      finals.every((one) =>
        one.channel!.alternatives[0]!.words.every((word) => typeof word.speaker === 'number' && word.punctuated_word),
      ),
    ).toBe(true)
    expect(live.of('SpeechStarted').length).toBeGreaterThanOrEqual(1)
    expect(results[0]!.channel_index).toEqual([0, 1])
  })

  it('says of every final word who spoke it, by the voice; interims of the same window have the words without it', async () => {
    const live = await connect({ encoding: 'linear16', sample_rate: 16_000, interim_results: 'true', diarize: 'true' })
    await send(live.socket, fixturePcm('es-dialogo'))
    live.socket.sendCloseStream({ type: 'CloseStream' })
    await live.until(() => live.closed !== null)
    const results = live.of('Results').map((one) => ({ ...one, words: one.channel!.alternatives[0]!.words }))
    const words = results.filter((one) => one.is_final).flatMap((one) => one.words)
    const { share, counted } = rightSpeakers(words)
    expect(counted).toBeGreaterThan(80)
    expect(share).toBeGreaterThan(0.9)
    expect(words.every(({ speaker }) => typeof speaker === 'number')).toBe(true)
    const interims = results.filter((one) => !one.is_final)
    expect(interims.length).toBeGreaterThan(0)
    expect(interims.flatMap((one) => one.words).every((word) => !('speaker' in word))).toBe(true)
    // an interim's window is that of the final behind it
    for (const interim of interims) expect(results.some((one) => one.is_final && one.start === interim.start)).toBe(true)
  }, 60_000)

  it('flushes on Finalize, stays open, and takes KeepAlive', async () => {
    const live = await connect({ encoding: 'linear16', sample_rate: 16_000 })
    await send(live.socket, fixturePcm('es-04-tareas').subarray(0, 16_000 * 2 * 4))
    live.socket.sendKeepAlive({ type: 'KeepAlive' })
    live.socket.sendFinalize({ type: 'Finalize' })
    await live.until(() => live.of('Results').some((one) => one.from_finalize))
    expect(live.of('Results').every((one) => one.is_final)).toBe(true)
    live.socket.sendFinalize({ type: 'Finalize' })
    await live.until(() => live.of('Results').filter((one) => one.from_finalize).length === 2)
    expect(live.of('Results').at(-1)!.channel!.alternatives[0]).toMatchObject({ transcript: '', words: [] })
    expect(live.closed).toBeNull()
    live.socket.sendCloseStream({ type: 'CloseStream' })
    await live.until(() => live.closed === 1000)
  })

  it('hears a container by its bytes, and each channel by itself', async () => {
    const wav = await connect({})
    await send(wav.socket, wavFile('es-04-tareas'))
    wav.socket.sendCloseStream({ type: 'CloseStream' })
    await wav.until(() => wav.closed === 1000)
    expect(
      wav
        .of('Results')
        .map((one) => one.channel!.alternatives[0]!.transcript)
        .join(' '),
    ).toContain('facturas')
    const samples = fixtureSamples('es-04-tareas')
    const stereo = new Int16Array(samples.length * 2)
    samples.forEach((sample, i) => {
      stereo[i * 2 + 1] = sample
    })
    const two = await connect({ encoding: 'linear16', sample_rate: 16_000, channels: 2, multichannel: 'true' })
    await send(two.socket, new Uint8Array(stereo.buffer))
    two.socket.sendCloseStream({ type: 'CloseStream' })
    await two.until(() => two.closed === 1000)
    expect(two.of('Results').map((one) => one.channel_index)).toContainEqual([1, 2])
    expect(two.of('Results').every((one) => one.channel_index![0] === 1)).toBe(true)
  })

  it('closes with 1008 on bytes that are no audio, and tells mistakes in the query before it opens', async () => {
    const bad = await connect({})
    bad.socket.sendMedia(Buffer.from('this is no audio, and never will be, whatever comes behind it ......') as never)
    await bad.until(() => bad.closed !== null)
    expect(bad.closed).toBe(1008)
    const answer = await new Promise<{ status: number; error: string }>((resolve) => {
      const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/listen?encoding=linear16`, ['token', 'anything'])
      socket.on('error', () => {})
      socket.on('unexpected-response', (_request, response) =>
        resolve({ status: response.statusCode!, error: String(response.headers['dg-error']) }),
      )
    })
    expect(answer).toMatchObject({ status: 400, error: expect.stringContaining('sample_rate') })
  })

  it('selects the subprotocol of browsers without the key', async () => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/listen`, ['token', 'secret-key'])
    await new Promise((resolve) => socket.once('open', resolve))
    expect(socket.protocol).toBe('token')
    socket.terminate()
  })
})
