import { VigiaError } from '@vigia/protocol'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fixture } from '../../test/fixtures/audio/read.ts'
import { openSileroVad } from '../engines/adapters/silero/silero.ts'
import type { Recording, Span } from '../engines/audio.ts'
import { AudioRefused } from '../engines/audio-refused.ts'
import { VAD_WINDOW, type Vad } from '../engines/vad.ts'
import { DEFAULT_ENDPOINTING } from './endpointing.ts'
import { scanSpeech } from './speech-scan.ts'
import { UtteranceCutter } from './utterance-cutter.ts'

const recordingOf = (samples: Int16Array): Recording => ({
  durationMs: samples.length / 16,
  read: async (startMs, endMs) => samples.subarray(Math.round(startMs * 16), Math.round(endMs * 16)),
})

/** Speech is where the samples are not zero. */
const levelVad = (onScore: (windows: Int16Array) => void = () => {}): Vad => ({
  id: 'level',
  model: 'level',
  open: () => ({
    async score(windows) {
      onScore(windows)
      return Float32Array.from({ length: windows.length / VAD_WINDOW }, (_, at) => (windows[at * VAD_WINDOW] === 0 ? 0 : 1))
    },
    [Symbol.dispose]() {},
  }),
  async [Symbol.asyncDispose]() {},
})

/** One stretch after the other, through the cutter that live audio takes. */
async function oneByOne(samples: Int16Array, vad: Vad): Promise<Span[]> {
  using stream = vad.open()
  const cutter = new UtteranceCutter(stream, DEFAULT_ENDPOINTING)
  const spans: Span[] = []
  for (const event of [...(await cutter.push(samples)), ...cutter.flush()]) {
    if (event.type === 'start') spans.push({ startMs: event.startMs, endMs: 0 })
    else if (event.type === 'end') spans.at(-1)!.endMs = event.endMs
  }
  return spans
}

const signal = new AbortController().signal
const scan = (samples: Int16Array, vad: Vad): Promise<Span[]> =>
  scanSpeech(recordingOf(samples), vad, DEFAULT_ENDPOINTING, signal, () => {})

describe('the scan of a recording', () => {
  it('finds the utterances that live audio would have, however long it is and wherever they lie', async () => {
    const run = fc.record({ speech: fc.boolean(), ms: fc.integer({ min: 1, max: 45_000 }) })
    await fc.assert(
      fc.asyncProperty(fc.array(run, { maxLength: 24 }), async (runs) => {
        const samples = new Int16Array(runs.reduce((sum, { ms }) => sum + ms * 16, 0))
        let at = 0
        for (const { speech, ms } of runs) {
          if (speech) samples.fill(1, at, at + ms * 16)
          at += ms * 16
        }
        expect(await scan(samples, levelVad())).toEqual(await oneByOne(samples, levelVad()))
      }),
      { numRuns: 15 },
    )
  }, 60_000)

  it('begins each stretch with what was before it, at most eight at a time', async () => {
    const minutes = 11
    const samples = new Int16Array(minutes * 60 * 16_000)
    for (let window = 0; window * VAD_WINDOW < samples.length; window += 1) samples[window * VAD_WINDOW] = window
    const firsts: number[] = []
    let open = 0
    let most = 0
    const level = levelVad((windows) => firsts.push(windows[0]!))
    const counting: Vad = {
      ...level,
      open() {
        const stream = level.open()
        most = Math.max(most, ++open)
        return {
          score: (windows) => stream.score(windows),
          [Symbol.dispose]() {
            open -= 1
          },
        }
      },
    }
    await scan(samples, counting)
    expect(open).toBe(0)
    expect(most).toBe(8)
    expect(firsts).toEqual(Array.from({ length: 17 }, (_, index) => Math.max(0, index * 1250 - 94)))
  })

  it('tells progress that never falls and ends at the end', async () => {
    const told: number[] = []
    const recording = recordingOf(new Int16Array(16_000 * 95 + 77))
    await scanSpeech(recording, levelVad(), DEFAULT_ENDPOINTING, signal, (doneMs) => told.push(doneMs))
    expect(told).toEqual([...told].sort((a, b) => a - b))
    expect(told.at(-1)).toBe(recording.durationMs)
  })

  it('takes a second that the detector refuses for speech, says so, and hears the rest', async () => {
    const samples = new Int16Array(16_000 * 100)
    samples.fill(1, 16_000 * 20, 16_000 * 30)
    const refusedWindow = 2600 // at 83.2 s
    samples[refusedWindow * VAD_WINDOW + 5] = 13
    const vad = levelVad((windows) => {
      if (windows.includes(13)) throw new AudioRefused('vad_failed', 'refused')
    })
    const refused: AudioRefused[] = []
    const recording = recordingOf(samples)
    const spans = await scanSpeech(
      recording,
      vad,
      DEFAULT_ENDPOINTING,
      signal,
      () => {},
      (error) => refused.push(error),
    )
    expect(refused).toHaveLength(1)
    expect(spans).toHaveLength(2)
    expect(spans[0]).toEqual((await oneByOne(samples.subarray(0, 16_000 * 60), levelVad()))[0])
    const at = refusedWindow * 32
    expect(spans[1]!.startMs).toBeLessThanOrEqual(at)
    expect(spans[1]!.endMs).toBeGreaterThan(at)
    expect(spans[1]!.endMs - spans[1]!.startMs).toBeLessThan(3000)
  })

  it('fails where the detector fails', async () => {
    const vad = levelVad(() => {
      throw new VigiaError('engine_unavailable', 'gone')
    })
    await expect(scan(new Int16Array(16_000), vad)).rejects.toMatchObject({ code: 'engine_unavailable' })
  })

  it('stops when it is aborted', async () => {
    const abort = new AbortController()
    const vad = levelVad(() => abort.abort(new Error('enough')))
    const recording = recordingOf(new Int16Array(16_000 * 400))
    await expect(scanSpeech(recording, vad, DEFAULT_ENDPOINTING, abort.signal, () => {})).rejects.toThrow('enough')
  })

  it('hears with Silero what it hears in one go', async () => {
    await using vad = await openSileroVad()
    const once = await fixture('es-dialogo')
    const samples = new Int16Array(once.length * 2)
    for (const at of [0, 1]) samples.set(once, at * once.length)
    const [abreast, whole] = [await scan(samples, vad), await oneByOne(samples, vad)]
    expect(abreast.length).toBeGreaterThan(10)
    expect(abreast).toHaveLength(whole.length)
    for (const [index, { startMs, endMs }] of whole.entries()) {
      expect(Math.abs(abreast[index]!.startMs - startMs)).toBeLessThanOrEqual(32)
      expect(Math.abs(abreast[index]!.endMs - endMs)).toBeLessThanOrEqual(32)
    }
  }, 60_000)
})
