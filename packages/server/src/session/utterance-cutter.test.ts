import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { VAD_WINDOW, type VadStream } from '../engines/vad.ts'
import { DEFAULT_ENDPOINTING } from './endpointing.ts'
import { type CutterEvent, UtteranceCutter } from './utterance-cutter.ts'

/** Speech is where the samples are not zero. */
const levelVad = (): VadStream => ({
  async score(windows) {
    return Float32Array.from({ length: windows.length / VAD_WINDOW }, (_, i) => (windows[i * VAD_WINDOW + 100] === 0 ? 0 : 1))
  },
  [Symbol.dispose]() {},
})

/** `[value, seconds]` runs; each sample also counts up in its low bits so that audio can be told apart. */
const signal = (...runs: [number, number][]): Int16Array =>
  Int16Array.from(runs.flatMap(([value, seconds]) => Array.from({ length: seconds * 16000 }, () => value)))

async function cut(samples: Int16Array, sizes: number[]): Promise<CutterEvent[]> {
  const cutter = new UtteranceCutter(levelVad(), DEFAULT_ENDPOINTING)
  const events: CutterEvent[] = []
  let at = 0
  for (let i = 0; at < samples.length; i++) {
    const size = Math.min(sizes[i % sizes.length]!, samples.length - at)
    events.push(...(await cutter.push(samples.subarray(at, at + size))))
    at += size
  }
  events.push(...cutter.flush())
  return events
}

const marks = (events: CutterEvent[]) => events.filter((e) => e.type !== 'audio')
const audio = (events: CutterEvent[]) => events.flatMap((e) => (e.type === 'audio' ? [...e.samples] : []))

describe('UtteranceCutter', () => {
  const speech = signal([0, 1], [900, 1.5], [0, 1.5], [700, 1], [0, 1])

  it('gives each utterance with its pre-roll and all of its speech', async () => {
    const events = await cut(speech, [speech.length])
    expect(events.filter((e) => e.type === 'start')).toHaveLength(2)
    expect(audio(events).filter((s) => s === 900)).toHaveLength(24_000)
    expect(audio(events).filter((s) => s === 700)).toHaveLength(16_000)
    const start = events[0] as Extract<CutterEvent, { type: 'start' }>
    expect(start.startMs).toBeCloseTo(start.speechStartMs - 288, -1)
  })

  it('gives the same however the stream is cut', async () => {
    const whole = await cut(speech, [speech.length])
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 8 }), async (sizes) => {
        const pieces = await cut(speech, sizes)
        expect(marks(pieces)).toEqual(marks(whole))
        expect(audio(pieces)).toEqual(audio(whole))
      }),
      { numRuns: 15 },
    )
  })

  it('takes other options for what follows, with all of the longer pre-roll that came before', async () => {
    const cutter = new UtteranceCutter(levelVad(), { ...DEFAULT_ENDPOINTING, minSilenceMs: 2000 })
    const first = await cutter.push(signal([0, 1], [900, 1], [0, 1.5]))
    expect(marks(first).map(({ type }) => type)).toEqual(['start', 'pause'])
    cutter.configure({ ...DEFAULT_ENDPOINTING, minSilenceMs: 300, preRollMs: 1000 })
    const second = await cutter.push(signal([0, 1.2], [700, 1], [0, 1]))
    expect(marks(second).map(({ type }) => type)).toEqual(['end', 'start', 'pause', 'end'])
    const start = second.find((event) => event.type === 'start')!
    expect(start.speechStartMs - start.startMs).toBeCloseTo(1000, -2)
    const own = second.filter((event) => event.type === 'audio' && event.startMs >= start.startMs)
    expect(audio(own).indexOf(700) / 16).toBeCloseTo(start.speechStartMs - start.startMs, -2)
  })

  it('gives audio whose times fit its length, without holes inside an utterance', async () => {
    let expected: number | null = null
    for (const event of await cut(speech, [3200])) {
      if (event.type === 'start') expected = event.startMs
      if (event.type !== 'audio') continue
      expect(event.startMs).toBeCloseTo(expected!, 6)
      expected = event.startMs + event.samples.length / 16
    }
  })

  it('ends the open utterance at a gap and counts on behind it', async () => {
    const cutter = new UtteranceCutter(levelVad(), DEFAULT_ENDPOINTING)
    await cutter.push(signal([500, 1]))
    expect(cutter.open).toBe(true)
    expect(cutter.skipTo(16000 * 61).map((e) => e.type)).toContain('end')
    const after = await cutter.push(signal([500, 1]))
    expect(after.find((e) => e.type === 'start')).toMatchObject({ startMs: 61_000 })
  })
})
