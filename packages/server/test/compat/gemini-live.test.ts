import { GoogleGenAI, type LiveServerMessage, Modality, type Session } from '@google/genai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixturePcm } from '../helpers/audio.ts'
import { startTestServer } from '../helpers/test-server.ts'
import { scriptedLlm, scriptedTts, withEngines } from './helpers/scripted.ts'

const llm = scriptedLlm()
let server: Awaited<ReturnType<typeof startTestServer>>
let ai: GoogleGenAI
beforeAll(async () => {
  server = await startTestServer({}, { wrapEngines: withEngines({ llm, tts: scriptedTts() }) })
  ai = new GoogleGenAI({ apiKey: 'anything', httpOptions: { baseUrl: server.url } })
})
afterAll(() => server[Symbol.asyncDispose]())

describe('smoke', () => {
  it('text', async () => {
    llm.script({ text: 'Hola, te oigo.' })
    const got: LiveServerMessage[] = []
    const s: Session = await ai.live.connect({
      model: 'gemini-2.5-flash',
      config: { responseModalities: [Modality.TEXT], sessionResumption: {} },
      callbacks: { onmessage: (m) => void got.push(m), onclose: (e) => console.log('close', e.code, e.reason) },
    })
    s.sendClientContent({ turns: 'Hola', turnComplete: true })
    await expect.poll(() => got.some((m) => m.serverContent?.turnComplete), { timeout: 5000 }).toBe(true)
    console.log(JSON.stringify(got))
    s.close()
  })
  it('audio', async () => {
    llm.script({ text: 'Vale, lo apunto.' })
    const got: LiveServerMessage[] = []
    const s: Session = await ai.live.connect({
      model: 'gemini-2.5-flash',
      config: { responseModalities: [Modality.AUDIO], inputAudioTranscription: {}, outputAudioTranscription: {} },
      callbacks: { onmessage: (m) => void got.push(m), onclose: (e) => console.log('close', e.code, e.reason) },
    })
    const pcm = Buffer.from(fixturePcm('es-04-tareas'))
    for (let at = 0; at < pcm.length; at += 3200)
      s.sendRealtimeInput({ audio: { mimeType: 'audio/pcm;rate=16000', data: pcm.subarray(at, at + 3200).toString('base64') } })
    s.sendRealtimeInput({ audioStreamEnd: true })
    await expect.poll(() => got.some((m) => m.serverContent?.turnComplete), { timeout: 15000 }).toBe(true)
    console.log(got.map((m) => JSON.stringify(m).slice(0, 150)).join('\n'))
    s.close()
  })
})
