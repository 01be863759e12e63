import { randomBytes } from 'node:crypto'
import type { Observation } from '@vigia/protocol'
import { MOMENTS } from '../session/answering/trace.ts'
import type { TurnTrace } from '../session/assistant.ts'

/**
 * Spans of OpenTelemetry made of what the server measures anyway: a spoken answer's waterfall, a photo's stages, the finishing of a
 * session. They hold times, stages and outcomes: no words, no names, no ids of sessions or photos. Pure, but for random ids.
 */

export interface Span {
  /** 32 hex digits. */
  traceId: string
  /** 16 hex digits. */
  spanId: string
  parentSpanId?: string
  name: string
  /** Milliseconds since 1970. */
  startMs: number
  endMs: number
  attributes: Record<string, string | number | boolean>
  failed?: boolean
}

/** What each part of the way from the end of speech to the answer is called. */
const PART_NAMES: Record<(typeof MOMENTS)[number], string> = {
  turnEnd: 'endpoint wait',
  finalText: 'speech recognition',
  requested: 'request preparation',
  firstToken: 'language model first token',
  firstSentence: 'language model first sentence',
  firstAudio: 'speech synthesis first audio',
  firstSent: 'transport',
  heard: 'playout',
}

interface Part {
  name: string
  ms: number
}

/** A parent and, one after the other below it, its parts. */
function waterfall(root: Omit<Span, 'traceId' | 'spanId'>, parts: readonly Part[]): Span[] {
  const traceId = randomBytes(16).toString('hex')
  const parent: Span = { ...root, traceId, spanId: spanId() }
  let atMs = root.startMs
  const children = parts.map(({ name, ms }): Span => {
    const startMs = atMs
    atMs += ms
    return { traceId, spanId: spanId(), parentSpanId: parent.spanId, name, startMs, endMs: atMs, attributes: {} }
  })
  return [{ ...parent, endMs: Math.max(parent.endMs, atMs) }, ...children]
}

const spanId = (): string => randomBytes(8).toString('hex')

/** From the end of speech to what the client heard. */
export function turnSpans({ revision, speechEndedAt, parts, totalMs }: TurnTrace): Span[] {
  const root = {
    name: 'turn',
    startMs: speechEndedAt,
    endMs: speechEndedAt + totalMs,
    attributes: { 'vigia.turn.revision': revision },
  }
  const taken = MOMENTS.flatMap((moment): Part[] => {
    const ms = parts[moment]
    return ms === null || ms === undefined ? [] : [{ name: PART_NAMES[moment], ms }]
  })
  return waterfall(root, taken)
}

/** @param endedAtMs - milliseconds since 1970 at which the observation was there */
export function photoSpans({ status, engine, timings }: Observation, endedAtMs: number): Span[] {
  const { total, ...stages } = timings
  const parts = Object.entries(stages).flatMap(([name, ms]): Part[] => (typeof ms === 'number' && ms > 0 ? [{ name, ms }] : []))
  const wholeMs = Math.max(
    total,
    parts.reduce((sum, { ms }) => sum + ms, 0),
  )
  const attributes = { 'vigia.photo.status': status, 'vigia.engine': engine.id, 'vigia.model': engine.model ?? '' }
  const root = { name: 'photo', startMs: endedAtMs - wholeMs, endMs: endedAtMs, attributes, failed: status === 'failed' }
  return waterfall(root, parts)
}

interface Finishing {
  startMs: number
  stage: string
  stageStartMs: number
  parts: Part[]
  failed: boolean
}

/** Sessions that are being finished at the same time; more are not traced. */
const MAX_FINISHING = 100

/** Stages of the finishing of sessions, from the events that tell of them. */
export class FinishingTraces {
  readonly #bySession = new Map<string, Finishing>()

  /** @returns the spans of a session that is finished now */
  note(sessionId: string, event: { type: string; stage?: string }, nowMs: number): Span[] {
    const open = this.#bySession.get(sessionId)
    if (event.type === 'progress' && event.stage !== undefined) {
      if (open) this.#enter(open, event.stage, nowMs)
      else if (this.#bySession.size < MAX_FINISHING) {
        this.#bySession.set(sessionId, { startMs: nowMs, stage: event.stage, stageStartMs: nowMs, parts: [], failed: false })
      }
    } else if (event.type === 'error' && open) open.failed = true
    else if (event.type === 'closed' && open) {
      this.#bySession.delete(sessionId)
      this.#enter(open, '', nowMs)
      const { startMs, parts, failed } = open
      return waterfall({ name: 'finish session', startMs, endMs: nowMs, attributes: {}, failed }, parts)
    }
    return []
  }

  #enter(open: Finishing, stage: string, nowMs: number): void {
    if (open.stage === stage) return
    open.parts.push({ name: open.stage, ms: nowMs - open.stageStartMs })
    open.stage = stage
    open.stageStartMs = nowMs
  }
}
