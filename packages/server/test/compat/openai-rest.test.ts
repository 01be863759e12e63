import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestServer } from '../helpers/test-server.ts'
import { redSquare, wavFile } from './helpers/media.ts'
import { scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

const llm = scriptedLlm()
let server: Awaited<ReturnType<typeof startTestServer>>
let client: OpenAI
beforeAll(async () => {
  server = await startTestServer({}, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
  client = new OpenAI({ apiKey: 'anything', baseURL: `${server.url}/v1`, maxRetries: 0 })
})
afterAll(() => server[Symbol.asyncDispose]())

describe('smoke', () => {
  it('lists models', async () => {
    const models = await Array.fromAsync(await client.models.list())
    expect(models.map(({ id }) => id)).toContain('scripted-7b')
  })
  it('transcribes', async () => {
    const file = new File([wavFile()], 'a.wav')
    const t = await client.audio.transcriptions.create({ file, model: 'whisper-1' })
    expect(t.text.length).toBeGreaterThan(20)
  })
  it('chats', async () => {
    llm.script({ text: 'Un cuadrado rojo.' })
    const image = (await redSquare()).toString('base64')
    const answer = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: [{ type: 'text', text: '¿Qué ves?' }, { type: 'image_url', image_url: { url: `data:image/jpeg;base64,${image}` } }] }],
    })
    expect(answer.choices[0]!.message.content).toBe('Un cuadrado rojo.')
    expect(llm.requests.at(-1)!.messages[0]!.content.map((part) => part.type)).toEqual(['text', 'image'])
  })
})
