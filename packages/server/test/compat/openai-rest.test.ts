import { createRequire } from 'node:module'
import OpenAI, { type APIError, toFile } from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import type { TranscriptionDiarized } from 'openai/resources/audio/transcriptions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { wordErrorRate } from '../../src/analysis/metrics/wer.ts'
import { createDecoder } from '../../src/media/decoder.ts'
import { sniff } from '../../src/media/sniff.ts'
import { readWav } from '../../src/media/wav.ts'
import { dialogueReference } from '../helpers/audio.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { redSquare, wavFile, wavText } from './helpers/media.ts'
import { lastWords, scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

const llm = scriptedLlm()
let server: Awaited<ReturnType<typeof startTestServer>>
let embedded: Awaited<ReturnType<typeof startTestServer>>
let client: OpenAI
let bare: OpenAI
beforeAll(async () => {
  server = await startTestServer({}, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
  embedded = await startTestServer({ compat: { strictModels: true } }, { wrapEngines: withEngines({ llm: null, tts: null }) })
  client = new OpenAI({ apiKey: 'anything', baseURL: `${server.url}/v1`, maxRetries: 0 })
  bare = new OpenAI({ apiKey: 'anything', baseURL: `${embedded.url}/v1`, maxRetries: 0 })
})
afterAll(() => Promise.all([server[Symbol.asyncDispose](), embedded[Symbol.asyncDispose]()]))

const recording = (name?: string) => toFile(wavFile(name), 'upload', { type: 'application/octet-stream' })
const failure = (promise: PromiseLike<unknown>): Promise<APIError> =>
  Promise.resolve(promise).then(
    () => Promise.reject(new Error('expected an error')),
    (error: unknown) => error as APIError,
  )

describe('models', () => {
  it('lists what is loaded under its own and its mapped names', async () => {
    const ids = (await Array.fromAsync(await client.models.list())).map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(['scripted-7b', 'humming', 'whisper-1', 'gpt-4o-mini']))
    expect(await client.models.retrieve('any-name')).toMatchObject({ id: 'any-name', object: 'model' })
    expect((await Array.fromAsync(await bare.models.list())).map(({ id }) => id)).not.toContain('tts-1')
  })

  it('refuses unknown names where the configuration says so', async () => {
    const error = await failure(bare.models.retrieve('gpt-17'))
    expect(error).toMatchObject({ status: 404, code: 'model_not_found', type: 'invalid_request_error' })
  })
})

describe('transcriptions', () => {
  it('gives the text, and stores the recording as a session that can be searched', async () => {
    const answer = await client.audio.transcriptions.create({ file: await recording(), model: 'whisper-1', language: 'es' })
    expect(wordErrorRate(wavText(), answer.text)).toBeLessThan(0.3)
    expect(answer.usage).toEqual({ type: 'duration', seconds: 6 })
    expect((await server.store.search('facturas', { limit: 5 })).length).toBeGreaterThan(0)
  })

  it('keeps nothing of a request that opted out', async () => {
    const before = (await server.store.sessions.list({ limit: 100 })).length
    const options = { headers: { 'x-vigia-store': 'false' } }
    const answer = await client.audio.transcriptions.create(
      { file: await recording('es-02-peligro'), model: 'whisper-1' },
      options,
    )
    expect(answer.text.length).toBeGreaterThan(10)
    expect((await server.store.sessions.list({ limit: 100 })).length).toBe(before)
  })

  it('gives words and segments when they are asked for, and only then', async () => {
    const file = await recording()
    const both = await client.audio.transcriptions.create({
      file,
      model: 'whisper-1',
      response_format: 'verbose_json',
      timestamp_granularities: ['word', 'segment'],
    })
    expect(both).toMatchObject({ language: 'spanish', duration: expect.closeTo(5.9, 0) })
    expect(both.segments![0]).toMatchObject({
      id: 0,
      seek: expect.any(Number),
      tokens: [],
      avg_logprob: expect.any(Number),
      no_speech_prob: 0,
    })
    expect(both.words!.map(({ word }) => word).join(' ')).toBe(both.text)
    expect(both.words!.every((word, i) => word.end >= word.start && (i === 0 || word.start >= both.words![i - 1]!.start))).toBe(
      true,
    )
    const words = await client.audio.transcriptions.create({
      file,
      model: 'whisper-1',
      response_format: 'verbose_json',
      timestamp_granularities: ['word'],
    })
    expect(words.segments).toBeUndefined()
  })

  it('writes text, SRT and WebVTT as text', async () => {
    const file = await recording()
    const [text, srt, vtt] = await Promise.all(
      (['text', 'srt', 'vtt'] as const).map((response_format) =>
        client.audio.transcriptions.create({ file, model: 'whisper-1', response_format }),
      ),
    )
    expect(text).toMatch(/facturas.*\n$/s)
    expect(srt).toMatch(/^1\n00:00:0\d,\d{3} --> 00:00:0\d,\d{3}\n/)
    expect(vtt).toMatch(/^WEBVTT\n\n00:00:0\d\.\d{3} --> /)
    expect(vtt).not.toContain('<v ')
  })

  it('tells speakers apart in diarized_json', async () => {
    const answer = (await client.audio.transcriptions.create({
      file: await recording('es-dialogo'),
      model: 'gpt-4o-transcribe-diarize',
      response_format: 'diarized_json',
      chunking_strategy: 'auto',
    })) as unknown as TranscriptionDiarized
    expect(new Set(answer.segments.map(({ speaker }) => speaker))).toEqual(new Set(['A', 'B']))
    expect(answer.segments[0]).toMatchObject({ type: 'transcript.text.segment', id: 'seg_0' })
    const reference = dialogueReference()
      .turns.map(({ text }) => text)
      .join(' ')
    expect(wordErrorRate(reference, answer.text)).toBeLessThan(0.15)
  })

  it('streams deltas that joined are the text', async () => {
    const stream = await client.audio.transcriptions.create({
      file: await recording(),
      model: 'gpt-4o-transcribe',
      stream: true,
    })
    const events = await Array.fromAsync(stream)
    const done = events.at(-1)!
    expect(done.type).toBe('transcript.text.done')
    const joined = events.flatMap((event) => (event.type === 'transcript.text.delta' ? [event.delta] : [])).join('')
    expect(done.type === 'transcript.text.done' && done.text).toBe(joined)
    expect(events.length).toBeGreaterThan(1)
  })

  it('finds the file wherever it stands in the form, by its bytes', async () => {
    const form = new FormData()
    form.append('timestamp_granularities[0]', 'word')
    form.append('response_format', 'verbose_json')
    form.append('file', new Blob([new Uint8Array(wavFile())], { type: 'text/plain' }), 'x')
    form.append('chunking_strategy[type]', 'server_vad')
    const answer = await fetch(`${server.url}/openai/v1/audio/transcriptions`, { method: 'POST', body: form })
    expect(await answer.json()).toMatchObject({ words: expect.any(Array) })
  })

  it('gives empty text for silence', async () => {
    const silence = Buffer.concat([wavFile().subarray(0, 44), Buffer.alloc(64_000)])
    silence.writeUInt32LE(64_000, 40)
    expect((await client.audio.transcriptions.create({ file: await toFile(silence, 's.wav'), model: 'whisper-1' })).text).toBe('')
  })

  it.each([
    ['noise', { file: () => toFile(Buffer.from('this is no audio at all, only words'), 'a.wav') }, 400, 'invalid_audio'],
    ['an empty file', { file: () => toFile(Buffer.alloc(0), 'a.wav') }, 400, null],
    [
      'MP4',
      { file: () => toFile(Buffer.from('\0\0\0\x20ftypM4A \0\0\0\0M4A mp42isom', 'latin1'), 'a.m4a') },
      400,
      'unsupported_format',
    ],
    ['an unknown format', { response_format: 'xml' }, 400, null],
    ['a language it does not know', { language: 'fi' }, 400, 'unsupported_language'],
    ['log probabilities', { include: ['logprobs'] }, 501, 'unsupported'],
  ])('refuses %s', async (_name, patch, status, code) => {
    const { file, ...rest } = { file: () => recording(), ...patch }
    const error = await failure(client.audio.transcriptions.create({ file: await file(), model: 'whisper-1', ...rest } as never))
    expect(error).toMatchObject({ status, code, type: 'invalid_request_error' })
    expect(error.message).toBeTruthy()
  })

  it('translates through the language model, and refuses without one', async () => {
    llm.script({ text: 'I need Laura to send the invoices.' })
    const answer = await client.audio.translations.create({
      file: await recording(),
      model: 'whisper-1',
      response_format: 'verbose_json',
    })
    expect(answer).toMatchObject({ language: 'english', text: 'I need Laura to send the invoices.' })
    const error = await failure(bare.audio.translations.create({ file: await recording(), model: 'whisper-1' }))
    expect(error).toMatchObject({ status: 503, code: 'model_unavailable' })
  })
})

describe('speech', () => {
  const create = async (response_format: 'mp3' | 'opus' | 'wav' | 'pcm' | undefined): Promise<Buffer> => {
    const answer = await client.audio.speech.create({
      model: 'tts-1',
      voice: 'alloy',
      input: 'Hola, esto es una prueba.',
      ...(response_format ? { response_format } : {}),
    })
    return Buffer.from(await answer.arrayBuffer())
  }

  it('gives WAV with true sizes and PCM without a header, at 24 kHz', async () => {
    const wav = await create('wav')
    const read = readWav(wav)
    expect(read).toMatchObject({ sampleRate: 24_000, channels: 1 })
    expect(wav.readUInt32LE(40)).toBe(wav.length - 44)
    expect((await create('pcm')).length).toBe(read.samples.length * 2)
  })

  it('gives Ogg/Opus and MP3 that decode to the same length', async () => {
    const seconds = readWav(await create('wav')).samples.length / 24_000
    for (const format of ['opus', 'mp3', undefined] as const) {
      const bytes = await create(format)
      const container = sniff(bytes)
      expect(container).toBe(format === 'opus' ? 'ogg_opus' : 'mp3')
      const decoder = await createDecoder({ encoding: container as 'mp3', sampleRate: 16_000, channels: 1 })
      const samples = decoder.decode(bytes).length + decoder.end().length
      decoder.free()
      expect(samples / 16_000).toBeCloseTo(seconds, 0)
    }
  })

  it('streams as events', async () => {
    const answer = await client.audio.speech.create({
      model: 'tts-1',
      voice: 'alloy',
      input: 'Hola.',
      response_format: 'pcm',
      stream_format: 'sse',
    })
    const text = await answer.text()
    const events = text
      .trim()
      .split('\n\n')
      .map((line) => JSON.parse(line.slice(6)) as { type: string; usage?: { total_tokens: number } })
    expect(events[0]!.type).toBe('speech.audio.delta')
    expect(events.at(-1)).toMatchObject({ type: 'speech.audio.done', usage: { total_tokens: expect.any(Number) } })
  })

  it.each([
    ['an empty text', { input: '  ' }, 400],
    ['a format that it does not make', { response_format: 'flac' }, 400],
    ['an absurd speed', { speed: 9 }, 400],
  ])('refuses %s', async (_name, patch, status) => {
    expect(
      await failure(client.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hola', ...patch } as never)),
    ).toMatchObject({ status })
  })

  it('says that there is no voice', async () => {
    expect(await failure(bare.audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'Hola' } as never))).toMatchObject({
      status: 404,
    })
  })
})

describe('chat', () => {
  const image = async () => ({
    type: 'image_url' as const,
    image_url: { url: `data:image/jpeg;base64,${(await redSquare()).toString('base64')}` },
  })

  it('shows the model the picture and the settings', async () => {
    llm.script({ text: 'Un cuadrado rojo.' })
    const answer = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [
        { role: 'developer', content: 'Breve.' },
        { role: 'user', content: [{ type: 'text', text: '¿Qué ves?' }, await image()] },
      ],
      max_completion_tokens: 64,
      temperature: 0.1,
      stop: 'FIN',
      seed: 7,
    })
    expect(answer).toMatchObject({
      object: 'chat.completion',
      model: 'gpt-4o-mini',
      choices: [{ finish_reason: 'stop', message: { content: 'Un cuadrado rojo.', refusal: null } }],
    })
    expect(answer.usage!.total_tokens).toBe(answer.usage!.prompt_tokens + answer.usage!.completion_tokens)
    const request = llm.requests.at(-1)!
    expect(request).toMatchObject({ maxTokens: 64, temperature: 0.1, stop: ['FIN'], seed: 7 })
    expect(request.messages.map(({ role }) => role)).toEqual(['system', 'user'])
    expect(request.messages[1]!.content.map(({ type }) => type)).toEqual(['text', 'image'])
  })

  it('streams with the client’s own checks, and usage when asked', async () => {
    llm.script({ text: 'Uno dos tres.' })
    const stream = client.chat.completions.stream({
      model: 'x',
      messages: [{ role: 'user', content: 'Cuenta' }],
      stream_options: { include_usage: true },
    })
    const final = await stream.finalChatCompletion()
    expect(final.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'Uno dos tres.' } })
    expect(final.usage).toMatchObject({ prompt_tokens: 42, completion_tokens: 3, total_tokens: 45 })
  })

  it('calls functions, streamed and not, and takes their results', async () => {
    const tools = [
      {
        type: 'function' as const,
        function: {
          name: 'tiempo',
          description: 'El tiempo',
          parameters: { type: 'object', properties: { ciudad: { type: 'string' } } },
        },
      },
    ]
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: '¿Qué tiempo hace en Madrid?' }]
    llm.script(
      { calls: [{ id: 'c1', name: 'tiempo', args: { ciudad: 'Madrid' } }] },
      { calls: [{ id: 'c1', name: 'tiempo', args: { ciudad: 'Madrid' } }] },
      { text: 'Hace sol.' },
    )
    const whole = await client.chat.completions.create({ model: 'x', messages, tools, tool_choice: 'required' })
    expect(llm.requests.at(-1)).toMatchObject({ toolChoice: 'required', tools: [{ name: 'tiempo' }] })
    expect(whole.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { content: null, tool_calls: [{ id: 'c1', function: { name: 'tiempo', arguments: '{"ciudad":"Madrid"}' } }] },
    })
    const streamed = await client.chat.completions.stream({ model: 'x', messages, tools }).finalChatCompletion()
    expect(streamed.choices[0]!.message.tool_calls).toMatchObject([{ id: 'c1', function: { arguments: '{"ciudad":"Madrid"}' } }])
    const next = await client.chat.completions.create({
      model: 'x',
      tools,
      messages: [...messages, whole.choices[0]!.message, { role: 'tool', tool_call_id: 'c1', content: 'sol' }],
    })
    expect(next.choices[0]!.message.content).toBe('Hace sol.')
    expect(llm.requests.at(-1)!.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'tool'])
  })

  it('gives JSON that fits its schema, asking again when it does not', async () => {
    const Shape = z.object({ color: z.string(), sides: z.number() })
    llm.script({ text: '```json\n{"color":"rojo"}\n```' }, { text: '{"color":"rojo","sides":4}' })
    const answer = await client.chat.completions.parse({
      model: 'x',
      messages: [{ role: 'user', content: 'Describe' }],
      response_format: zodResponseFormat(Shape, 'shape'),
    })
    expect(answer.choices[0]!.message.parsed).toEqual({ color: 'rojo', sides: 4 })
    expect(lastWords(llm.requests.at(-1)!)).toContain('sides')
    llm.script({ text: 'no' }, { text: 'no' })
    const failed = await failure(
      client.chat.completions.create({
        model: 'x',
        messages: [{ role: 'user', content: 'Describe' }],
        response_format: zodResponseFormat(Shape, 'shape'),
      }),
    )
    expect(failed).toMatchObject({ status: 500, type: 'server_error', code: 'llm_failed' })
  })

  it('hears a recording in the request and answers with a voice', async () => {
    llm.script({ text: 'Apuntado.' })
    const answer = await client.chat.completions.create({
      model: 'gpt-4o-audio-preview',
      modalities: ['text', 'audio'],
      audio: { voice: 'alloy', format: 'wav' },
      messages: [
        { role: 'user', content: [{ type: 'input_audio', input_audio: { data: wavFile().toString('base64'), format: 'wav' } }] },
      ],
    })
    expect(lastWords(llm.requests.at(-1)!)).toContain('facturas')
    const { audio } = answer.choices[0]!.message
    expect(audio).toMatchObject({ transcript: 'Apuntado.', id: expect.stringMatching(/^audio_/) })
    expect(readWav(Buffer.from(audio!.data, 'base64')).sampleRate).toBe(24_000)
  })

  it('stops the model when the client goes away', async () => {
    llm.script({ text: 'palabra '.repeat(500), delayMs: 5 })
    const before = llm.aborted
    const stream = await client.chat.completions.create({
      model: 'x',
      stream: true,
      messages: [{ role: 'user', content: 'Habla' }],
    })
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break
    await expect.poll(() => llm.aborted, { timeout: 5000 }).toBe(before + 1)
  })

  it('without a model describes the picture as measured, transcribes the recording, and follows the rules', async () => {
    const seen = await bare.chat.completions.create({
      model: 'gpt-4o',
      messages: [{ role: 'user', content: [{ type: 'text', text: '¿Qué ves?' }, await image()] }],
    })
    const posted = { image_b64: (await redSquare()).toString('base64') }
    const native = await fetch(`${embedded.url}/vision/frame`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(posted),
    })
    expect(seen.choices[0]!.message.content).toBe(((await native.json()) as { description: string }).description)
    const heard = await bare.chat.completions.create({
      model: 'gpt-4o',
      messages: [
        { role: 'user', content: [{ type: 'input_audio', input_audio: { data: wavFile().toString('base64'), format: 'wav' } }] },
      ],
    })
    expect(heard.choices[0]!.message.content).toContain('facturas')
    const time = await bare.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: '¿Qué hora es?' }] })
    expect(time.choices[0]!.message.content).toMatch(/^Son las/)
    const error = await failure(
      bare.chat.completions.create({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Escribe un soneto' }] }),
    )
    expect(error).toMatchObject({ status: 503, code: 'model_unavailable', type: 'server_error' })
    expect(error.message).toContain('vigia doctor')
    expect(error.headers!.get('x-should-retry')).toBe('false')
  })

  it.each([
    ['no messages', { messages: [] }, 400, 'messages'],
    [
      'a picture of another host',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'http://10.0.0.1/x.jpg' } }] }] },
      400,
      'messages[0].content[0].image_url.url',
    ],
    [
      'a broken picture',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AAAA' } }] }] },
      400,
      null,
    ],
    [
      'broken base64',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/jpeg;base64,%%%' } }] }] },
      400,
      'messages[0].content[0].image_url.url',
    ],
    ['a bad role', { messages: [{ role: 'wizard', content: 'x' }] }, 400, 'messages[0].role'],
    ['a bad temperature', { temperature: 9 }, 400, 'temperature'],
    ['several answers', { n: 3 }, 501, null],
    ['log probabilities', { logprobs: true }, 501, null],
    ['foreign tools', { tools: [{ type: 'web_search' }] }, 501, null],
  ])('refuses %s in the shape of the API', async (_name, patch, status, param) => {
    const error = await failure(
      client.chat.completions.create({ model: 'x', messages: [{ role: 'user', content: 'x' }], ...patch } as never),
    )
    expect(error).toMatchObject({ status, param })
    expect(Object.keys(error.error as object).sort()).toEqual(['code', 'message', 'param', 'type'])
  })

  it('tells of unused fields once, by name alone', async () => {
    const lines: { field?: string; api?: string }[] = []
    await using own = await startTestServer({}, { wrapEngines: withEngines({ llm: scriptedLlm() }), log: collectingLog(lines) })
    const one = new OpenAI({ apiKey: 'k', baseURL: `${own.url}/v1` })
    for (let i = 0; i < 2; i++)
      await one.chat.completions.create({ model: 'x', messages: [{ role: 'user', content: 'secreto' }], user: 'ana' })
    expect(lines.filter(({ api }) => api === 'openai.chat')).toMatchObject([{ field: 'user' }])
    expect(JSON.stringify(lines)).not.toMatch(/secreto|ana/)
  })
})

describe('responses', () => {
  it('answers a string, and streams with the client’s own checks', async () => {
    llm.script({ text: 'Rojo.' }, { text: 'Uno dos.' })
    const whole = await client.responses.create({ model: 'gpt-4o', input: '¿Color?', instructions: 'Breve.' })
    expect(whole).toMatchObject({ status: 'completed', output_text: 'Rojo.', instructions: 'Breve.', model: 'gpt-4o' })
    const final = await client.responses
      .stream({ model: 'gpt-4o', input: [{ role: 'user', content: [{ type: 'input_text', text: 'Cuenta' }] }] })
      .finalResponse()
    expect(final.output_text).toBe('Uno dos.')
    expect(final.usage!.total_tokens).toBe(final.usage!.input_tokens + final.usage!.output_tokens)
  })

  it('goes on from an earlier response, with pictures and functions', async () => {
    llm.script({ text: 'Un cuadrado.' }, { calls: [{ id: 'c9', name: 'medir', args: {} }] }, { text: 'Mide dos.' })
    const image_url = `data:image/jpeg;base64,${(await redSquare()).toString('base64')}`
    const first = await client.responses.create({
      model: 'x',
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: '¿Qué es?' },
            { type: 'input_image', image_url, detail: 'auto' },
          ],
        },
      ],
    })
    const tools = [{ type: 'function' as const, name: 'medir', parameters: { type: 'object', properties: {} }, strict: false }]
    const second = await client.responses.create({ model: 'x', previous_response_id: first.id, input: '¿Cuánto mide?', tools })
    expect(llm.requests.at(-1)!.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user'])
    expect(second.output).toMatchObject([{ type: 'function_call', call_id: 'c9', name: 'medir' }])
    const third = await client.responses.create({
      model: 'x',
      previous_response_id: second.id,
      input: [{ type: 'function_call_output', call_id: 'c9', output: '2' }],
    })
    expect(third.output_text).toBe('Mide dos.')
    expect(await failure(client.responses.create({ model: 'x', previous_response_id: 'resp_none', input: 'x' }))).toMatchObject({
      status: 400,
      param: 'previous_response_id',
    })
  })
})

describe('everything else', () => {
  it('refuses by name what is not offered, and unknown routes as such', async () => {
    expect(await failure(client.embeddings.create({ model: 'x', input: 'x' }))).toMatchObject({
      status: 501,
      code: 'unsupported',
    })
    expect(await failure(client.get('/dance'))).toMatchObject({ status: 404, code: 'unknown_url' })
  })

  it('answers pages of this machine, and their preflights', async () => {
    const origin = server.url
    const preflight = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-headers': 'authorization,x-stainless-os' },
    })
    expect(preflight.status).toBe(204)
    expect(preflight.headers.get('access-control-allow-headers')).toContain('x-stainless-os')
    const error = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { origin, 'content-type': 'application/json' },
      body: '{',
    })
    expect(error.status).toBe(400)
    expect(error.headers.get('access-control-allow-origin')).toBe(origin)
    expect(error.headers.get('x-request-id')).toBeTruthy()
  })
})

function collectingLog(lines: object[]) {
  const { pino } = createRequire(import.meta.url)('pino') as typeof import('pino')
  return pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line) as object) })
}
