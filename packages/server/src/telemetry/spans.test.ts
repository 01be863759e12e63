import type { Observation } from '@vigia/protocol'
import { expect, it } from 'vitest'
import type { TurnTrace } from '../session/assistant.ts'
import { FinishingTraces, photoSpans, type Span, turnSpans } from './spans.ts'

const shape = (spans: readonly Span[]) => spans.map(({ name, startMs, endMs }) => [name, startMs, endMs])

/** One trace; every part hangs on the first span. */
function expectTree(spans: readonly Span[]): void {
  const [root, ...parts] = spans
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
  for (const part of parts) expect(part.parentSpanId).toBe(root!.spanId)
  expect(root!.parentSpanId).toBeUndefined()
  for (const { traceId, spanId } of spans)
    expect([traceId, spanId]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{16}$/)])
}

it('makes a waterfall of a turn, without the parts that did not happen', () => {
  const trace: TurnTrace = {
    turnId: 't1',
    revision: 2,
    replyId: 3,
    speechEndedAt: 1000,
    parts: {
      turnEnd: 500,
      finalText: 100,
      requested: 1,
      firstToken: 200,
      firstSentence: 50,
      firstAudio: null,
      firstSent: 2,
      heard: null,
    },
    totalMs: 853,
  }
  const spans = turnSpans(trace)
  expectTree(spans)
  expect(shape(spans)).toEqual([
    ['turn', 1000, 1853],
    ['endpoint wait', 1000, 1500],
    ['speech recognition', 1500, 1600],
    ['request preparation', 1600, 1601],
    ['language model first token', 1601, 1801],
    ['language model first sentence', 1801, 1851],
    ['transport', 1851, 1853],
  ])
})

it('makes a span of a photo and its stages; what it shows is not in it', () => {
  const photo = {
    frame_id: 'f',
    session_id: 's',
    status: 'failed',
    description: 'secreto',
    engine: { id: 'detector', model: 'm', method: 'detector' },
    timings: { decoded: 20, queued: 0, model: 70, total: 100 },
  } as unknown as Observation
  const spans = photoSpans(photo, 5000)
  expectTree(spans)
  expect(shape(spans)).toEqual([
    ['photo', 4900, 5000],
    ['decoded', 4900, 4920],
    ['model', 4920, 4990],
  ])
  expect(spans[0]).toMatchObject({ failed: true, attributes: { 'vigia.engine': 'detector' } })
  expect(JSON.stringify(spans)).not.toContain('secreto')
})

it('makes a span of each stage in which a session is finished', () => {
  const traces = new FinishingTraces()
  const note = (type: string, stage: string | undefined, nowMs: number) =>
    traces.note('s', { type, ...(stage === undefined ? {} : { stage }) }, nowMs)
  expect(note('closed', undefined, 0)).toEqual([])
  note('progress', 'recording', 100)
  note('progress', 'recording', 150)
  note('progress', 'transcript', 300)
  note('error', undefined, 350)
  const spans = note('closed', undefined, 900)
  expectTree(spans)
  expect(shape(spans)).toEqual([
    ['finish session', 100, 900],
    ['recording', 100, 300],
    ['transcript', 300, 900],
  ])
  expect(spans[0]!.failed).toBe(true)
  expect(note('closed', undefined, 950)).toEqual([])
})
