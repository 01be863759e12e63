import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTinyEs } from '../../../src/engines/adapters/embedded/tiny-es.ts'
import { openSileroVad } from '../../../src/engines/adapters/silero/silero.ts'
import type { Asr } from '../../../src/engines/asr.ts'
import { recordingOf } from '../../../src/engines/contract/diarizer-contract.ts'
import type { Vad } from '../../../src/engines/vad.ts'
import { createDecoder } from '../../../src/media/decoder.ts'
import { DEFAULT_ENDPOINTING } from '../../../src/session/endpointing.ts'
import { transcribeSpans } from '../../../src/session/second-pass.ts'
import { scanSpeech } from '../../../src/session/speech-scan.ts'
import { concatSamples, seededRandom, tone } from '../../helpers/signals.ts'

/** No speech, no text: the embedded engines on silence, on noises made here and on the noise of real rooms. */

const SHARED = process.env.VIGIA_SHARED ?? path.join(import.meta.dirname, '../../../../../../shared')
const REAL = path.join(SHARED, 'audio/real')
const RATE = 16_000
const SECONDS = 8

let vad: Vad
let asr: Asr
beforeAll(async () => {
  ;[vad, asr] = await Promise.all([openSileroVad(), openTinyEs()])
})
afterAll(() => Promise.all([vad[Symbol.asyncDispose](), asr[Symbol.asyncDispose]()]))

/** What the second pass makes of it: the text that counts. */
async function textOf(samples: Int16Array): Promise<string> {
  const recording = recordingOf(samples)
  const signal = AbortSignal.timeout(60_000)
  const spans = await scanSpeech(recording, vad, DEFAULT_ENDPOINTING, signal, () => {})
  const results = await transcribeSpans(recording, spans, asr, { language: 'es', purpose: 'final' }, 2, signal, () => {})
  expect(results.filter(({ error }) => error !== undefined)).toEqual([])
  const counting = results.flatMap(({ utterances }) => utterances).filter(({ excluded }) => !excluded)
  return counting.map(({ text }) => text).join(' ')
}

const render = (sample: (at: number) => number): Int16Array =>
  Int16Array.from({ length: RATE * SECONDS }, (_, at) => Math.round(Math.max(-1, Math.min(1, sample(at))) * 32_767))

function white(amplitude: number): Int16Array {
  const random = seededRandom(11)
  return render(() => amplitude * (2 * random() - 1))
}

/** A leaky sum of white noise: wind, traffic. */
function brown(amplitude: number): Int16Array {
  const random = seededRandom(12)
  let sum = 0
  return render(() => {
    sum = 0.98 * sum + 0.2 * (2 * random() - 1)
    return amplitude * sum
  })
}

function clicks(amplitude: number): Int16Array {
  const random = seededRandom(13)
  return render((at) => (at % 4000 < 40 ? amplitude * (2 * random() - 1) : 0))
}

describe('no speech gives no text', () => {
  it.each([
    ['digital silence', () => new Int16Array(RATE * SECONDS)],
    ['a hum', () => tone(50, RATE, SECONDS * 1000, 0.2)],
    ['a whistle', () => tone(1000, RATE, SECONDS * 1000, 0.2)],
    ['faint hiss', () => white(0.01)],
    ['loud hiss', () => white(0.3)],
    ['faint rumble', () => brown(0.05)],
    ['loud rumble', () => brown(0.5)],
    ['clicks', () => clicks(0.8)],
  ])('%s', async (_name, make) => {
    expect(await textOf(make())).toBe('')
  })

  it.skipIf(!existsSync(REAL))(
    'the quietest moments of real recordings, as they are and 12 dB louder (needs VIGIA_SHARED)',
    async () => {
      const rows: string[] = []
      for (const file of realFiles()) {
        const quiet = quietest(await decodeFile(path.join(REAL, file)))
        for (const gain of [1, 4]) {
          const text = await textOf(quiet.map((sample) => Math.max(-32_768, Math.min(32_767, sample * gain))))
          if (text !== '') rows.push(`${file} ×${gain}: ${text}`)
        }
      }
      expect(rows).toEqual([])
    },
    120_000,
  )
})

/** Up to a dozen, spread over the languages and rooms there are. */
function realFiles(): string[] {
  const files = readdirSync(REAL, { recursive: true, encoding: 'utf8' }).filter((file) => /\.(wav|ogg|flac)$/.test(file))
  const step = Math.max(1, Math.floor(files.length / 12))
  return files.sort().filter((_, at) => at % step === 0)
}

/** The quietest 400 ms, to and fro until it is long enough: room and microphone without a voice, and without a seam. */
function quietest(samples: Int16Array): Int16Array {
  const length = Math.min(samples.length, 0.4 * RATE)
  const power = (at: number): number => samples.subarray(at, at + length).reduce((sum, sample) => sum + sample * sample, 0)
  let best = { at: 0, power: Number.POSITIVE_INFINITY }
  for (let at = 0; at + length <= samples.length; at += length / 4) {
    const is = power(at)
    if (is < best.power) best = { at, power: is }
  }
  const there = samples.slice(best.at, best.at + length)
  const pair = concatSamples([there, there.toReversed()])
  return concatSamples(new Array<Int16Array>(Math.ceil((SECONDS * RATE) / pair.length)).fill(pair))
}

async function decodeFile(file: string): Promise<Int16Array> {
  const encoding = file.endsWith('.wav') ? 'wav' : file.endsWith('.ogg') ? 'ogg_opus' : 'flac'
  const decoder = await createDecoder({ encoding, sampleRate: RATE, channels: 1 })
  try {
    return concatSamples([decoder.decode(readFileSync(file)), decoder.end()])
  } finally {
    decoder.free()
  }
}
