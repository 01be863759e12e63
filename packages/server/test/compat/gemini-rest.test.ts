import { type ApiError, FunctionCallingConfigMode, GoogleGenAI, Modality, Type } from '@google/genai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../helpers/test-server.ts'
import { redSquare, wavFile } from './helpers/media.ts'
import { lastWords, scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

const llm = scriptedLlm()
let server: Awaited<ReturnType<typeof startTestServer>>
let embedded: Awaited<ReturnType<typeof startTestServer>>
let ai: GoogleGenAI
let bare: GoogleGenAI
beforeAll(async () => {
  server = await startTestServer({}, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
  embedded = await startTestServer(
    { compat: { strictModels: true, maxBodyBytes: 1024 * 1024 } },
    { wrapEngines: withEngines({ llm: null, tts: null }) },
  )
  ai = new GoogleGenAI({ apiKey: 'anything', httpOptions: { baseUrl: server.url } })
  bare = new GoogleGenAI({ apiKey: 'anything', httpOptions: { baseUrl: embedded.url } })
})
afterAll(() => Promise.all([server[Symbol.asyncDispose](), embedded[Symbol.asyncDispose]()]))

const model = 'gemini-2.5-flash'
const picture = async () => ({ inlineData: { mimeType: 'image/jpeg', data: (await redSquare()).toString('base64') } })
const sound = () => ({ inlineData: { mimeType: 'audio/wav', data: wavFile().toString('base64') } })
const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => Promise.reject(new Error('expected an error')),
    (error: unknown) => error as ApiError,
  )
/** The body as the client hands it on. */
const bodyOf = (error: ApiError) =>
  (JSON.parse(error.message) as { error: { code: number; status: string; message: string; details: unknown[] } }).error
const post = (path: string, body: unknown) =>
  fetch(`${server.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

describe('models', () => {
  it('lists in pages that end', async () => {
    const names: (string | undefined)[] = []
    for await (const one of await ai.models.list({ config: { pageSize: 3 } })) names.push(one.name)
    expect(names).toEqual(expect.arrayContaining(['models/scripted-7b', 'models/gemini-2.5-flash']))
    expect(new Set(names).size).toBe(names.length)
    const one = await ai.models.get({ model: 'gemini-anything' })
    expect(one).toMatchObject({
      name: 'models/gemini-anything',
      inputTokenLimit: 8192,
      supportedActions: expect.arrayContaining(['generateContent']),
    })
  })

  it('counts tokens that add up', async () => {
    const { totalTokens } = await ai.models.countTokens({
      model,
      contents: [{ role: 'user', parts: [{ text: 'cuatro ocho' }, await picture()] }],
    })
    expect(totalTokens).toBe(3 + 258)
  })

  it('serves both dialects of /v1/models', async () => {
    const gemini = await fetch(`${server.url}/v1/models?key=x`)
    expect(await gemini.json()).toHaveProperty('models')
    const openai = await fetch(`${server.url}/v1/models`)
    expect(await openai.json()).toMatchObject({ object: 'list' })
  })
})

describe('generateContent', () => {
  it('takes text, pictures, system instruction and settings', async () => {
    llm.script({ text: 'Un cuadrado rojo.' })
    const answer = await ai.models.generateContent({
      model,
      contents: [{ role: 'user', parts: [await picture(), { text: '¿Qué ves?' }] }],
      config: {
        systemInstruction: 'Breve.',
        temperature: 0.1,
        maxOutputTokens: 50,
        stopSequences: ['FIN'],
        seed: 3,
        topP: 0.9,
        safetySettings: [],
      },
    })
    expect(answer.text).toBe('Un cuadrado rojo.')
    expect(answer.candidates![0]).toMatchObject({ finishReason: 'STOP', index: 0 })
    expect(answer).toMatchObject({ modelVersion: model, responseId: expect.any(String) })
    const { promptTokenCount, candidatesTokenCount, totalTokenCount } = answer.usageMetadata!
    expect(totalTokenCount).toBe(promptTokenCount! + candidatesTokenCount!)
    const request = llm.requests.at(-1)!
    expect(request).toMatchObject({ temperature: 0.1, maxTokens: 50, stop: ['FIN'], seed: 3, topP: 0.9 })
    expect(request.messages.map(({ role, content }) => [role, ...content.map(({ type }) => type)])).toEqual([
      ['system', 'text'],
      ['user', 'image', 'text'],
    ])
  })

  it('streams chunks of which the last has the reason and the usage', async () => {
    llm.script({ text: 'Uno dos tres.' })
    const chunks = await Array.fromAsync(await ai.models.generateContentStream({ model, contents: 'Cuenta' }))
    expect(chunks.map(({ text }) => text ?? '').join('')).toBe('Uno dos tres.')
    expect(chunks.slice(0, -1).every((chunk) => chunk.candidates![0]!.finishReason === undefined)).toBe(true)
    expect(chunks.at(-1)).toMatchObject({ candidates: [{ finishReason: 'STOP' }], usageMetadata: { totalTokenCount: 45 } })
  })

  it('streams a JSON array without alt=sse', async () => {
    llm.script({ text: 'Uno dos.' })
    const answer = await post(`/v1beta/models/${model}:streamGenerateContent`, { contents: [{ parts: [{ text: 'x' }] }] })
    const all = (await answer.json()) as object[]
    expect(all.length).toBeGreaterThan(1)
  })

  it('calls functions by declaration, and takes their responses in a chat', async () => {
    const tools = [
      {
        functionDeclarations: [
          {
            name: 'tiempo',
            description: 'El tiempo',
            parameters: { type: Type.OBJECT, properties: { ciudad: { type: Type.STRING } }, required: ['ciudad'] },
          },
        ],
      },
    ]
    llm.script({ calls: [{ id: 'f1', name: 'tiempo', args: { ciudad: 'Madrid' } }] }, { text: 'Hace sol.' })
    const chat = ai.chats.create({
      model,
      config: {
        tools,
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY, allowedFunctionNames: ['tiempo'] } },
      },
    })
    const first = await chat.sendMessage({ message: '¿Qué tiempo hace?' })
    expect(first.functionCalls).toEqual([{ id: 'f1', name: 'tiempo', args: { ciudad: 'Madrid' } }])
    expect(llm.requests.at(-1)).toMatchObject({
      toolChoice: { name: 'tiempo' },
      tools: [{ parameters: { type: 'object', properties: { ciudad: { type: 'string' } }, required: ['ciudad'] } }],
    })
    const second = await chat.sendMessage({
      message: [{ functionResponse: { id: 'f1', name: 'tiempo', response: { output: { cielo: 'sol' } } } }],
    })
    expect(second.text).toBe('Hace sol.')
    expect(llm.requests.at(-1)!.messages.at(-1)).toMatchObject({
      role: 'tool',
      toolCallId: 'f1',
      content: [{ text: '{"cielo":"sol"}' }],
    })
    expect(chat.getHistory()).toHaveLength(4)
  })

  it('gives JSON that fits a schema in Gemini’s dialect', async () => {
    llm.script({ text: '{"color":"rojo"}' }, { text: '{"color":"rojo","lados":4}' })
    const responseSchema = {
      type: Type.OBJECT,
      properties: { color: { type: Type.STRING, nullable: true }, lados: { type: Type.INTEGER } },
      required: ['color', 'lados'],
      propertyOrdering: ['lados', 'color'],
    }
    const answer = await ai.models.generateContent({
      model,
      contents: 'Describe',
      config: { responseMimeType: 'application/json', responseSchema },
    })
    expect(JSON.parse(answer.text!)).toEqual({ color: 'rojo', lados: 4 })
    const { schema } = llm.requests.at(-1)!
    expect(Object.keys(schema!.properties as object)).toEqual(['lados', 'color'])
    expect(schema).toMatchObject({
      type: 'object',
      properties: { color: { type: ['string', 'null'] }, lados: { type: 'integer' } },
    })
    llm.script({ text: '"rojo"' })
    const bareEnum = await ai.models.generateContent({
      model,
      contents: 'Color',
      config: { responseMimeType: 'text/x.enum', responseSchema: { type: Type.STRING, enum: ['rojo', 'azul'] } },
    })
    expect(bareEnum.text).toBe('rojo')
  })

  it('speaks a streamed answer in sentences, not in the pieces that a model writes', async () => {
    llm.script({ text: 'La luz del salón está encendida. Hay una carta para ti en la mesa.' })
    const stream = await ai.models.generateContentStream({
      model,
      contents: 'Dímelo despacio',
      config: { responseModalities: [Modality.AUDIO] },
    })
    const chunks = await Array.fromAsync(stream)
    const sounds = chunks.flatMap((chunk) => chunk.candidates?.[0]?.content?.parts ?? []).filter((part) => part.inlineData)
    expect(sounds).toHaveLength(2)
    expect(sounds.every((part) => Buffer.from(part.inlineData!.data!, 'base64').length > 24_000)).toBe(true)
  })

  it('hears inline audio, and answers with a voice when it is asked to', async () => {
    llm.script({ text: 'Apuntado.' })
    const answer = await ai.models.generateContent({
      model,
      contents: [{ role: 'user', parts: [sound(), { text: 'Resume' }] }],
      config: {
        responseModalities: [Modality.AUDIO],
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: 'Kore' } }, languageCode: 'es-ES' },
      },
    })
    expect(lastWords(llm.requests.at(-1)!)).toContain('facturas')
    const part = answer.candidates![0]!.content!.parts![0]!
    expect(part.inlineData!.mimeType).toBe('audio/L16;codec=pcm;rate=24000')
    expect(Buffer.from(part.inlineData!.data!, 'base64').length).toBeGreaterThan(10_000)
  })

  it('takes snake_case, URL-safe base64 and a single content, as curl and Flutter send them', async () => {
    llm.script({ text: 'Vale.' })
    const data = (await redSquare()).toString('base64url')
    const answer = await post(`/v1beta/models/models/${model}:generateContent`, {
      system_instruction: { parts: [{ text: 'Breve.' }] },
      contents: { parts: [{ inline_data: { mime_type: 'image/jpeg', data } }, { text: 'x' }] },
      generation_config: { max_output_tokens: 9, response_mime_type: 'text/plain' },
    })
    expect(await answer.json()).toMatchObject({ candidates: [{ content: { parts: [{ text: 'Vale.' }] } }] })
    expect(llm.requests.at(-1)).toMatchObject({ maxTokens: 9 })
    expect(llm.requests.at(-1)!.messages[0]).toMatchObject({ role: 'system' })
  })

  it('tells MAX_TOKENS, and an error in the middle of a stream', async () => {
    llm.script({ text: 'Uno', cut: true })
    expect((await ai.models.generateContent({ model, contents: 'x' })).candidates![0]!.finishReason).toBe('MAX_TOKENS')
  })

  it('without a model describes the picture as measured, transcribes the recording, follows the rules, else says what is missing', async () => {
    const seen = await bare.models.generateContent({
      model,
      contents: [{ role: 'user', parts: [await picture(), { text: '¿Qué ves?' }] }],
    })
    expect(seen.text!.length).toBeGreaterThan(20)
    expect(seen.usageMetadata!.promptTokensDetails).toContainEqual({ modality: 'IMAGE', tokenCount: 258 })
    const json = await bare.models.generateContent({
      model,
      contents: [{ role: 'user', parts: [await picture()] }],
      config: { responseMimeType: 'application/json' },
    })
    expect(JSON.parse(json.text!)).toMatchObject({ description: seen.text, size: [320, 320] })
    const heard = await bare.models.generateContent({ model, contents: [{ role: 'user', parts: [sound()] }] })
    expect(heard.text).toContain('facturas')
    expect((await bare.models.generateContent({ model, contents: '¿Qué hora es?' })).text).toMatch(/^Son las/)
    const error = await failure(bare.models.generateContent({ model, contents: 'Escribe un soneto' }))
    expect(bodyOf(error)).toMatchObject({ code: 503, status: 'UNAVAILABLE', message: expect.stringContaining('vigia doctor') })
  })
})

describe('mistakes', () => {
  it.each([
    ['no contents', { contents: [] }, 400, 'INVALID_ARGUMENT'],
    [
      'broken base64',
      { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: '%%%' } }] }] },
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'a broken picture',
      { contents: [{ parts: [{ inlineData: { mimeType: 'image/png', data: 'AAAA' } }] }] },
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'bad audio',
      { contents: [{ parts: [{ inlineData: { mimeType: 'audio/wav', data: 'AAAAAAAAAAAA' } }] }] },
      400,
      'INVALID_ARGUMENT',
    ],
    ['files', { contents: [{ parts: [{ fileData: { fileUri: 'files/x' } }] }] }, 501, 'UNIMPLEMENTED'],
    ['tools of the vendor', { contents: 'x', tools: [{ googleSearch: {} }] }, 501, 'UNIMPLEMENTED'],
    ['several candidates', { contents: 'x', generationConfig: { candidateCount: 2 } }, 501, 'UNIMPLEMENTED'],
    ['cached content', { contents: 'x', cachedContent: 'c' }, 501, 'UNIMPLEMENTED'],
    [
      'a media type that is none',
      { contents: [{ parts: [{ inlineData: { mimeType: 'application/zip', data: 'AAAA' } }] }] },
      400,
      'INVALID_ARGUMENT',
    ],
  ])('refuses %s', async (_name, body, code, status) => {
    const answer = await post(`/v1beta/models/${model}:generateContent`, body)
    expect(answer.status).toBe(code)
    expect(await answer.json()).toMatchObject({ error: { code, status, message: expect.any(String), details: [] } })
  })

  it('tells unknown models, methods and routes, and bodies that are too large', async () => {
    expect(bodyOf(await failure(bare.models.generateContent({ model: 'gemini-99', contents: 'x' })))).toMatchObject({
      code: 404,
      status: 'NOT_FOUND',
    })
    expect((await post(`/v1beta/models/${model}:dance`, {})).status).toBe(404)
    expect(await (await post('/v1beta/dance', {})).json()).toMatchObject({ error: { code: 404, status: 'NOT_FOUND' } })
    const huge = { inlineData: { mimeType: 'image/jpeg', data: 'A'.repeat(2 * 1024 * 1024) } }
    expect(
      bodyOf(await failure(bare.models.generateContent({ model, contents: [{ role: 'user', parts: [huge] }] }))),
    ).toMatchObject({ code: 413 })
  })
})
