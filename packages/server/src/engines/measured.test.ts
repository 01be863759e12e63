import { expect, it } from 'vitest'
import { type AsrMeasurement, measured } from './measured.ts'
import { offlineAsr } from './offline-asr.ts'

it('reports audio, latency after the end of the audio and the real-time factor, also of a failure', async () => {
  let nowMs = 0
  let failing = false
  const reports: AsrMeasurement[] = []
  const asr = measured(
    offlineAsr({
      id: 'slow',
      model: 'fake',
      capabilities: {
        interim: false,
        wordTimes: false,
        confidence: false,
        punctuation: false,
        languages: 'any',
        detectsLanguage: true,
        hotwords: false,
        speakers: false,
        maxUtteranceMs: 60_000,
      },
      async decode() {
        nowMs += 100
        if (failing) throw new Error('no')
        return { text: 'hola', words: [] }
      },
      dispose: async () => {},
    }),
    (report) => reports.push(report),
    () => nowMs,
  )
  async function* audio() {
    yield { samples: new Int16Array(16_000), startMs: 0 }
    nowMs += 1000
  }
  const options = { language: 'es', purpose: 'live' } as const
  await Array.fromAsync(asr.transcribe(audio(), options, new AbortController().signal))
  failing = true
  await expect(Array.fromAsync(asr.transcribe(audio(), options, new AbortController().signal))).rejects.toThrow('no')
  expect(reports).toMatchObject([
    { engine: 'slow', audioMs: 1000, finalLatencyMs: 100, realTimeFactor: 0.1, firstInterimMs: null, failed: false },
    { failed: true },
  ])
})
