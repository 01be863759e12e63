import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Asr, AsrEvent, AsrOptions } from '../asr.ts'
import { type PcmChunk, SAMPLE_RATE } from '../audio.ts'

export interface AsrContractSpeech {
  samples: Int16Array
  language: string
  /** Words that a recognizer of this kind must find in it, in order. */
  words: string[]
}

/** What every recognizer promises. */
export function asrContract(name: string, open: () => Promise<Asr>, speech: () => Promise<AsrContractSpeech>): void {
  describe(`${name} as a recognizer`, () => {
    let asr: Asr
    let given: AsrContractSpeech
    let options: AsrOptions
    beforeAll(async () => {
      asr = await open()
      given = await speech()
      options = { language: given.language, purpose: 'live' }
    })
    afterAll(async () => asr[Symbol.asyncDispose]())

    const hear = async (samples: Int16Array, startMs = 0, signal = new AbortController().signal): Promise<AsrEvent[]> =>
      Array.fromAsync(asr.transcribe(chunked(samples, startMs), options, signal))

    it('finds the words', async () => {
      const text = finals(await hear(given.samples))
        .map((event) => event.text)
        .join(' ')
      expect(plain(text)).toEqual(expect.arrayContaining(given.words))
    })

    it('ends with a final; an interim has confirmed no more than its text', async () => {
      const events = await hear(given.samples)
      expect(events.at(-1)?.type).toBe('final')
      for (const event of events)
        if (event.type === 'interim') expect(event.confirmedChars).toBeLessThanOrEqual(event.text.length)
    })

    it('places text and words on the session timeline, in order and inside the utterance', async () => {
      const startMs = 60_000
      const endMs = startMs + (given.samples.length * 1000) / SAMPLE_RATE
      for (const event of finals(await hear(given.samples, startMs))) {
        expect(event.startMs).toBeGreaterThanOrEqual(startMs)
        expect(event.endMs).toBeLessThanOrEqual(endMs + 1)
        if (asr.capabilities.wordTimes) expect(event.words.map(({ text }) => text).join(' ')).toBe(event.text)
        let last = startMs
        for (const word of event.words) {
          expect(word.startMs).toBeGreaterThanOrEqual(last)
          expect(word.endMs).toBeGreaterThanOrEqual(word.startMs)
          expect(word.endMs).toBeLessThanOrEqual(endMs + 1)
          last = word.startMs
        }
      }
    })

    it('gives no text for silence, for no audio and for a few samples', async () => {
      for (const length of [0, 1, 79, 80, SAMPLE_RATE]) {
        const events = await hear(new Int16Array(length))
        expect(events.map((event) => event.text).join('')).toBe('')
      }
    })

    it('transcribes several utterances at a time without mixing them up', async () => {
      const alone = finals(await hear(given.samples)).map(({ text }) => text)
      const together = await Promise.all([hear(given.samples), hear(new Int16Array(SAMPLE_RATE)), hear(given.samples)])
      expect(finals(together[0]!).map(({ text }) => text)).toEqual(alone)
      expect(finals(together[2]!).map(({ text }) => text)).toEqual(alone)
    })

    it('ends with the reason of the signal when aborted, and serves the next utterance', async () => {
      const reason = new Error('the speaker goes on')
      const abort = new AbortController()
      const hearing = (async () => {
        for await (const _ of asr.transcribe(endless(given.samples), options, abort.signal));
      })()
      setTimeout(() => abort.abort(reason), 20)
      await expect(hearing).rejects.toBe(reason)
      expect(finals(await hear(given.samples))).not.toHaveLength(0)
    })

    it('refuses a language it does not know', async () => {
      if (asr.capabilities.languages === 'any') return
      const hearing = Array.fromAsync(
        asr.transcribe(chunked(given.samples, 0), { language: 'tlh', purpose: 'live' }, new AbortController().signal),
      )
      await expect(hearing).rejects.toMatchObject({ code: 'language_not_supported' })
    })
  })
}

const finals = (events: AsrEvent[]) => events.filter((event) => event.type === 'final')
const plain = (text: string): string[] =>
  text
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s]/gu, '')
    .split(/\s+/)

async function* chunked(samples: Int16Array, startMs: number): AsyncIterable<PcmChunk> {
  for (let at = 0; at < samples.length; at += 1600)
    yield { samples: samples.slice(at, at + 1600), startMs: startMs + (at * 1000) / SAMPLE_RATE }
}

/** An utterance that nobody ends. */
async function* endless(samples: Int16Array): AsyncIterable<PcmChunk> {
  yield* chunked(samples, 0)
  await new Promise(() => {})
}
