import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FakeSpeech, HEARD, startFakeOpenAi } from '../../../../test/helpers/fake-speech-services.ts'
import { tone } from '../../../../test/helpers/signals.ts'
import type { Asr, AsrOptions } from '../../asr.ts'
import { asrContract } from '../../contract/asr-contract.ts'
import { openOpenAiAsr } from './openai-asr.ts'
import { openAiAsrSettings } from './settings.ts'

let fake: FakeSpeech
beforeAll(async () => {
  fake = await startFakeOpenAi()
})
afterAll(() => fake[Symbol.asyncDispose]())
afterEach(() => {
  fake.plan = {}
})

const settings = (more: Record<string, unknown> = {}) =>
  openAiAsrSettings(
    {
      adapter: 'openai',
      baseUrl: `${fake.url}/v1/`,
      apiKey: 'sk-prueba',
      model: 'Systran/faster-whisper-large-v3',
      timeoutMs: 2000,
      ...more,
    },
    {},
  )
const open = (more: Record<string, unknown> = {}): Promise<Asr> => openOpenAiAsr(settings(more), { retryBaseMs: 1 })
const SPEECH = tone(300, 16_000, 2000)
const FINAL: AsrOptions = { language: 'es', purpose: 'final' }
async function* once(samples = SPEECH, startMs = 0) {
  yield { samples: samples.slice(), startMs }
}
const hear = (asr: Asr, options = FINAL, signal = new AbortController().signal) =>
  Array.fromAsync(asr.transcribe(once(), options, signal))

asrContract('openai', open, async () => ({ samples: SPEECH, language: 'es', words: HEARD }))
asrContract(
  'openai realtime',
  () => open({ realtime: true }),
  async () => ({ samples: SPEECH, language: 'es', words: HEARD }),
)

describe('an OpenAI-compatible recognizer', () => {
  it('asks for words, times and the language of the session, and hands hotwords on', async () => {
    await using asr = await open()
    expect(asr.capabilities).toMatchObject({ wordTimes: true, confidence: true })
    await hear(asr, { language: 'es-MX', hotwords: ['Vigía', 'Ñandú'], purpose: 'final' })
    expect(fake.requests.at(-1)).toMatchObject({
      language: ['es'],
      'timestamp_granularities[]': ['word', 'segment'],
      without_timestamps: ['false'],
      prompt: ['Vigía, Ñandú'],
    })
    await hear(asr, { language: 'auto', purpose: 'final' })
    expect(fake.requests.at(-1)).not.toHaveProperty('language')
    expect((await hear(asr))[0]).toMatchObject({
      words: [
        { text: 'hola', startMs: 0 },
        { text: 'mundo', startMs: 1000 },
      ],
      language: 'es',
    })
    expect(fake.complaints).toEqual([])
  })

  it('finds out at the start what the server cannot: words that stay null, only plain json', async () => {
    fake.plan = { noWords: true }
    await using vllm = await open()
    expect(vllm.capabilities).toMatchObject({ wordTimes: false, confidence: true })
    fake.plan = { jsonOnly: true }
    await using plain = await open()
    expect(plain.capabilities).toMatchObject({ wordTimes: false, confidence: false })
    expect((await hear(plain))[0]).toMatchObject({ text: 'hola mundo', words: [] })
  })

  it('marks what Whisper itself doubts', async () => {
    await using asr = await open()
    fake.plan = { noSpeechProb: 0.9 }
    expect((await hear(asr))[0]).toMatchObject({ excluded: 'no_speech' })
    fake.plan = { compressionRatio: 3 }
    expect((await hear(asr))[0]).toMatchObject({ excluded: 'repetition' })
  })

  it('tries again after 429 and 503, and gives their codes when they stay', async () => {
    await using asr = await open()
    fake.plan = { refuse: { status: 429, times: 2, headers: { 'retry-after': '0' } } }
    expect((await hear(asr))[0]).toMatchObject({ text: 'hola mundo' })
    fake.plan = { refuse: { status: 429, times: 99, headers: { 'retry-after': '0' } } }
    await expect(hear(asr)).rejects.toMatchObject({ code: 'rate_limited' })
    fake.plan = { refuse: { status: 503, times: 99 } }
    await expect(hear(asr)).rejects.toMatchObject({ code: 'engine_unavailable' })
    fake.plan = { refuse: { status: 400, times: 1 } }
    const refused = await hear(asr).catch((error: unknown) => error as Error)
    expect(refused).toMatchObject({ code: 'asr_failed' })
    expect(String(refused)).not.toContain('secret words')
  })

  it('fails clearly on a slow body, half an answer and something else', async () => {
    await using asr = await open({ timeoutMs: 1000 })
    fake.plan = { hang: true }
    await expect(hear(asr)).rejects.toMatchObject({ code: 'engine_timeout' })
    fake.plan = { half: true }
    await expect(hear(asr)).rejects.toMatchObject({ code: 'engine_unavailable' })
    fake.plan = { body: '<html>' }
    await expect(hear(asr)).rejects.toMatchObject({ code: 'asr_failed' })
    fake.plan = { body: '{"texto":1}' }
    await expect(hear(asr)).rejects.toMatchObject({ code: 'asr_failed' })
    fake.plan = {}
    expect((await hear(asr))[0]).toMatchObject({ text: 'hola mundo' })
  })

  it('does not open where nobody serves, the key is wrong or the model is unknown', async () => {
    await expect(open({ baseUrl: 'http://127.0.0.1:9/v1', maxRetries: 0 })).rejects.toMatchObject({ code: 'engine_unavailable' })
    fake.plan = { refuse: { status: 401, times: 1 } }
    await expect(open()).rejects.toMatchObject({ code: 'engine_unavailable', message: expect.stringContaining('key') })
    fake.plan = { refuse: { status: 404, times: 1 } }
    await expect(open()).rejects.toMatchObject({ code: 'model_not_found' })
    expect(() => openAiAsrSettings({ adapter: 'openai' }, {})).toThrow(/address/)
    expect(() => openAiAsrSettings({ adapter: 'openai', baseUrl: 'http://a/v1', modle: 'x' }, {})).toThrow(/modle/)
  })

  it('shows live text over the realtime socket and fails with one error when it is cut', async () => {
    await using asr = await open({ realtime: true })
    const events = await Array.fromAsync(
      asr.transcribe(once(SPEECH, 5000), { language: 'es', purpose: 'live' }, new AbortController().signal),
    )
    expect(events.map(({ type }) => type)).toEqual(['interim', 'interim', 'final'])
    expect(events.at(-1)).toMatchObject({ text: 'hola mundo', startMs: 5000, endMs: 7000 })
    expect(Number(fake.requests.at(-1)!.seconds)).toBeCloseTo(2, 2)
    fake.plan = { cutAfter: 1 }
    const cut = Array.fromAsync(asr.transcribe(once(), { language: 'es', purpose: 'live' }, new AbortController().signal))
    await expect(cut).rejects.toMatchObject({ code: 'asr_failed' })
    fake.plan = { refuse: { status: 429, times: 1 } }
    const refused = Array.fromAsync(asr.transcribe(once(), { language: 'es', purpose: 'live' }, new AbortController().signal))
    await expect(refused).rejects.toMatchObject({ code: 'rate_limited' })
    expect(fake.complaints).toEqual([])
  })
})
