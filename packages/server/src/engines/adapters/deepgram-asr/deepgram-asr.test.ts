import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FakeSpeech, HEARD, startFakeDeepgram } from '../../../../test/helpers/fake-speech-services.ts'
import { tone } from '../../../../test/helpers/signals.ts'
import type { Asr, AsrOptions } from '../../asr.ts'
import { asrContract } from '../../contract/asr-contract.ts'
import { openDeepgramAsr } from './deepgram-asr.ts'
import { deepgramSettings } from './settings.ts'

let fake: FakeSpeech
beforeAll(async () => {
  fake = await startFakeDeepgram()
})
afterAll(() => fake[Symbol.asyncDispose]())
afterEach(() => {
  fake.plan = {}
})

const open = async (more: Record<string, unknown> = {}): Promise<Asr> =>
  openDeepgramAsr(
    deepgramSettings({ adapter: 'deepgram', baseUrl: fake.url, timeoutMs: 1000, ...more }, { DEEPGRAM_API_KEY: 'dg-prueba' }),
    { retryBaseMs: 1 },
  )
const SPEECH = tone(300, 16_000, 2000)
async function* chunks(startMs = 0) {
  for (let at = 0; at < SPEECH.length; at += 3200) yield { samples: SPEECH.slice(at, at + 3200), startMs: startMs + at / 16 }
}
const hear = async (asr: Asr, purpose: AsrOptions['purpose'], more: Partial<AsrOptions> = {}, startMs = 0) =>
  Array.fromAsync(asr.transcribe(chunks(startMs), { language: 'es', purpose, ...more }, new AbortController().signal))

asrContract('deepgram', open, async () => ({ samples: SPEECH, language: 'es', words: HEARD }))

describe('Deepgram', () => {
  it('streams an open utterance, shows interim text, and closes with CloseStream', async () => {
    await using asr = await open({ diarize: true })
    const events = await hear(asr, 'live', { hotwords: ['Vigía', 'Ñandú'] }, 5000)
    expect(events.filter(({ type }) => type === 'interim').length).toBeGreaterThan(1)
    expect(events.at(-1)).toMatchObject({
      type: 'final',
      text: 'hola mundo',
      startMs: 5000,
      endMs: 7000,
      words: [
        { text: 'hola', startMs: 5000, speaker: 'S1' },
        { text: 'mundo', startMs: 6000, speaker: 'S2' },
      ],
    })
    expect(fake.requests.at(-1)).toMatchObject({
      keyterm: ['Vigía', 'Ñandú'],
      interim_results: ['true'],
      language: ['es'],
      diarize: ['true'],
    })
    expect(fake.complaints).toEqual([])
  })

  it('sends the recording of the second pass as one request', async () => {
    await using asr = await open()
    expect(await hear(asr, 'final', { language: 'auto' }, 9000)).toMatchObject([
      { text: 'hola mundo', startMs: 9000, language: 'es' },
    ])
    expect(fake.requests.at(-1)).toMatchObject({ detect_language: ['true'] })
    expect(fake.complaints).toEqual([])
  })

  it('gives one clear error when the socket is cut, refused, or never opened', async () => {
    await using asr = await open()
    fake.plan = { cutAfter: 3 }
    await expect(hear(asr, 'live')).rejects.toMatchObject({ code: 'asr_failed' })
    fake.plan = { refuse: { status: 401, times: 1 } }
    await expect(hear(asr, 'live')).rejects.toMatchObject({ code: 'engine_unavailable' })
    fake.plan = { hang: true }
    await expect(hear(asr, 'live')).rejects.toMatchObject({ code: 'engine_timeout' })
    fake.plan = {}
    expect((await hear(asr, 'live')).at(-1)).toMatchObject({ text: 'hola mundo' })
  })

  it('waits out rate limits of the prerecorded request and refuses half answers', async () => {
    await using asr = await open()
    fake.plan = { refuse: { status: 429, times: 1, headers: { 'retry-after': '0' } } }
    expect(await hear(asr, 'final')).toHaveLength(1)
    fake.plan = { body: '{"results":{}}' }
    await expect(hear(asr, 'final')).rejects.toMatchObject({ code: 'asr_failed' })
  })

  it('needs a key', () => {
    expect(() => deepgramSettings({ adapter: 'deepgram' }, {})).toThrow(/key/)
  })
})
