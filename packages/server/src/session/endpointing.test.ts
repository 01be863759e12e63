import { describe, expect, it } from 'vitest'
import {
  DEFAULT_ENDPOINTING,
  type EndpointingEvent,
  type EndpointingOptions,
  flushEndpointing,
  initialEndpointing,
  stepEndpointing,
  WINDOW_MS,
} from './endpointing.ts'

/** Runs probabilities given as `[probability, milliseconds]` runs. */
function run(runs: [number, number][], options: EndpointingOptions = DEFAULT_ENDPOINTING) {
  let state = initialEndpointing()
  const events: EndpointingEvent[] = []
  for (const [probability, ms] of runs) {
    for (let i = 0; i < Math.round(ms / WINDOW_MS); i++) {
      const [next, out] = stepEndpointing(state, probability, options)
      state = next
      events.push(...out)
    }
  }
  return { state, events, types: events.map((e) => e.type) }
}

describe('endpointing', () => {
  it('opens an utterance after minSpeechMs of speech, with the pre-roll before it', () => {
    const { events } = run([
      [0, 1000],
      [0.9, 300],
    ])
    expect(events).toHaveLength(1)
    const start = events[0] as Extract<EndpointingEvent, { type: 'start' }>
    expect(start.speechStart * WINDOW_MS).toBeCloseTo(1000, -2)
    expect((start.speechStart - start.start) * WINDOW_MS).toBeCloseTo(DEFAULT_ENDPOINTING.preRollMs, -2)
  })

  it('ends the utterance after minSilenceMs of silence', () => {
    const { events, types } = run([
      [0.9, 1000],
      [0.1, 900],
    ])
    expect(types).toEqual(['start', 'pause', 'end'])
    const end = events[2] as Extract<EndpointingEvent, { type: 'end' }>
    expect(end.speechEnd * WINDOW_MS).toBeCloseTo(1000, -2)
    expect((end.end - end.speechEnd) * WINDOW_MS).toBeCloseTo(DEFAULT_ENDPOINTING.minSilenceMs, -2)
  })

  it('does not take a click for speech', () => {
    expect(
      run([
        [0, 500],
        [0.95, 90],
        [0, 2000],
      ]).types,
    ).toEqual([])
  })

  it('keeps one utterance over a pause shorter than minSilenceMs and tells pause and resume', () => {
    expect(
      run([
        [0.9, 500],
        [0.1, 400],
        [0.9, 500],
        [0.1, 900],
      ]).types,
    ).toEqual(['start', 'pause', 'resume', 'pause', 'end'])
  })

  it('goes on between negThreshold and threshold', () => {
    expect(
      run([
        [0.9, 500],
        [0.4, 3000],
      ]).types,
    ).toEqual(['start'])
  })

  it('cuts speech without pauses at maxUtteranceMs, and the next utterance begins where the last ended', () => {
    const { events } = run([[0.9, 45_000]])
    const starts = events.filter((e) => e.type === 'start')
    const ends = events.filter((e) => e.type === 'end')
    expect(ends.map((e) => e.cut)).toEqual([true, true])
    expect(starts.slice(1).map((e) => e.start)).toEqual(ends.map((e) => e.end))
  })

  it('prefers a quiet window in the last third for the cut', () => {
    const { events } = run([
      [0.9, 15_000],
      [0.1, 64],
      [0.9, 10_000],
    ])
    const end = events.find((e) => e.type === 'end')!
    expect(end.end * WINDOW_MS).toBeLessThan(15_200)
  })

  it('does not reach behind the previous utterance with its pre-roll', () => {
    const { events } = run([
      [0.9, 500],
      [0.1, 810],
      [0.9, 500],
    ])
    const end = events.find((e) => e.type === 'end')!
    const second = events.filter((e) => e.type === 'start')[1]!
    expect(second.start).toBeGreaterThanOrEqual(end.end)
  })

  it('ends what is open when flushed, and nothing when nothing is open', () => {
    const open = run([[0.9, 500]])
    expect(flushEndpointing(open.state)[1].map((e) => e.type)).toEqual(['end'])
    expect(flushEndpointing(run([[0, 500]]).state)[1]).toEqual([])
  })
})
