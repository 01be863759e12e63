import type { Asr, AsrEvent } from '../asr.ts'
import type { Llm, LlmEvent } from '../llm.ts'
import { VAD_WINDOW, type Vad } from '../vad.ts'
import type { Vision } from '../vision.ts'

/** Engines that break their promises, for proving that the suites notice. */

let calls = 0

/** Hears speech everywhere and more of it each time, keeps the samples for later and miscounts the windows. */
export const brokenVad = (): Vad => ({
  id: 'broken',
  model: 'none',
  open: () => ({
    score: async (windows) => {
      await new Promise(setImmediate)
      const score = 1.5 + calls++ + windows[0]!
      return new Float32Array(Math.abs(Math.floor(windows.length / VAD_WINDOW) - 1)).fill(score)
    },
    [Symbol.dispose]() {},
  }),
  async [Symbol.asyncDispose]() {},
})

/** Says another thing each time whatever it hears, knows every language, puts words before the utterance and never ends when aborted. */
export const brokenAsr = (): Asr => ({
  id: 'broken',
  model: 'none',
  capabilities: {
    interim: true,
    wordTimes: true,
    confidence: false,
    punctuation: false,
    languages: ['es'],
    detectsLanguage: false,
    hotwords: false,
    speakers: false,
    maxUtteranceMs: 60_000,
  },
  async *transcribe(): AsyncIterable<AsrEvent> {
    yield { type: 'final', text: `siempre otra cosa ${calls++}`, startMs: -1, endMs: 1, words: [] }
    yield { type: 'interim', text: 'a', startMs: 0, endMs: 1, confirmedChars: 5 }
  },
  async [Symbol.asyncDispose]() {},
})

/** Has no name, calls everything safe, says another thing each time, writes into the pictures and never hears of an abort. */
export const brokenVision = (): Vision => ({
  id: '',
  model: '',
  method: 'model',
  async describe({ images }) {
    images[0]?.fill(0)
    const graded = { what: '', why: '', where: '', severity: 'extreme' as never, certainty: 'low' as const }
    const none = { people: [], objects: [], text_visible: [], surroundings: '', activities: [], suggestions: [], uncertain: [] }
    return { ...none, description: `El lugar es seguro ${calls++}.`, dangers: [graded] }
  },
  async [Symbol.asyncDispose]() {},
})

/** Ends before it says anything, keeps no schema, hears no signal, and finds every text equally long. */
export const brokenLlm = (): Llm => ({
  id: 'broken',
  model: 'none',
  capabilities: { contextTokens: 0, images: false, audio: false, tools: false, json: 'none' },
  async *generate(): AsyncIterable<LlmEvent> {
    yield { type: 'done', finish: 'stop', usage: { inputTokens: 0, outputTokens: 0 } }
    yield { type: 'text', text: 'siempre lo mismo' }
  },
  countTokens: async () => 0,
  async [Symbol.asyncDispose]() {},
})
