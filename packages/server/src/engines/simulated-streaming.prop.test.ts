import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Asr, AsrEvent, Word } from './asr.ts'
import { SAMPLE_RATE } from './audio.ts'
import { offlineAsr } from './offline-asr.ts'
import { simulatedStreaming } from './simulated-streaming.ts'

const WORDS = ['hoy', 'ayer', 'vamos', 'a', 'la', 'casa', 'del', 'río']
/** Samples of one word: 320 ms. */
const WORD = 5120

/** Hears one word per stretch of samples, named by the first of them; wavers at the end as the seed says. */
function waveringAsr(waver: number): Asr {
  let calls = 0
  return offlineAsr({
    id: 'wavering',
    model: 'fake',
    capabilities: {
      interim: false,
      wordTimes: true,
      confidence: false,
      punctuation: false,
      languages: ['es'],
      detectsLanguage: false,
      hotwords: false,
      speakers: false,
      maxUtteranceMs: 60_000,
    },
    async decode(samples) {
      calls += 1
      const words: Word[] = []
      for (let at = 0; at + WORD / 2 <= samples.length; at += WORD) {
        const isLast = at + 2 * WORD > samples.length
        const index = isLast && waver > 0 ? (samples[at]! + calls * waver) % WORDS.length : samples[at]! % WORDS.length
        words.push({ text: WORDS[index]!, startMs: (at * 1000) / SAMPLE_RATE, endMs: ((at + WORD) * 1000) / SAMPLE_RATE })
      }
      await new Promise(setImmediate)
      return { text: words.map(({ text }) => text).join(' '), words }
    },
    dispose: async () => {},
  })
}

const utterance = (words: number[]): Int16Array => {
  const samples = new Int16Array(words.length * WORD)
  for (const [at, word] of words.entries()) samples.fill(word, at * WORD, (at + 1) * WORD)
  return samples
}

async function hear(asr: Asr, samples: Int16Array, chunk: number): Promise<AsrEvent[]> {
  async function* audio() {
    for (let at = 0; at < samples.length; at += chunk) {
      yield { samples: samples.slice(at, at + chunk), startMs: 5000 + (at * 1000) / SAMPLE_RATE }
      for (let turns = 0; turns < 4; turns += 1) await new Promise(setImmediate)
    }
  }
  return Array.fromAsync(asr.transcribe(audio(), { language: 'es', purpose: 'live' }, new AbortController().signal))
}

it('never changes a confirmed prefix, and ends with what a whole decoding gives', async () => {
  let interims = 0
  let confirmed = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(7), { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 400, max: 9000 }),
      fc.nat(3),
      fc.integer({ min: 1000, max: 20_000 }),
      async (words, chunk, waver, windowMs) => {
        const asr = simulatedStreaming(waveringAsr(waver), { paceMs: 300, windowMs, now: () => 0 })
        const events = await hear(asr, utterance(words), chunk)
        let prefix = ''
        for (const event of events) {
          if (event.type === 'final') continue
          interims += 1
          expect(event.text.startsWith(prefix)).toBe(true)
          expect(event.confirmedChars).toBeGreaterThanOrEqual(prefix.length)
          prefix = event.text.slice(0, event.confirmedChars)
          confirmed += prefix.length
        }
        const finals = events.filter((event) => event.type === 'final')
        const whole = await hear(waveringAsr(0), utterance(words), 1600)
        if (waver === 0) expect(finals).toEqual(whole)
        expect(finals).toHaveLength(1)
        expect(events.at(-1)).toBe(finals[0])
      },
    ),
    { numRuns: 60 },
  )
  expect(interims).toBeGreaterThan(100)
  expect(confirmed).toBeGreaterThan(1000)
})
