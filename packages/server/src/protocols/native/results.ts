import { type ConfigMessage, type Segment, type ServerMessage, toErrorBody, VigiaError } from '@vigia/protocol'
import type { SessionEvent } from '../../session/service.ts'

/** Session events to wire messages, as the session's `results` asks for them. Pure but for its own small memory. */

/** Seconds as they go on the wire. */
const seconds = (ms: number): number => Math.round(ms) / 1000

export class ResultsTranslator {
  readonly #mode: ConfigMessage['results']
  readonly #blockMs: number
  readonly #sessionId: string
  /** `blocks`: the newest interim text that waits for its block to be full. */
  #held: ServerMessage | null = null
  #blockEndMs: number

  constructor(sessionId: string, config: Pick<ConfigMessage, 'results' | 'block_ms'>) {
    this.#sessionId = sessionId
    this.#mode = config.results
    this.#blockMs = config.block_ms
    this.#blockEndMs = config.block_ms
  }

  /** @param receivedMs - how much of the timeline has been received: blocks are counted on it */
  translate(event: SessionEvent, receivedMs: number): ServerMessage[] {
    const messages = toMessages(event, this.#sessionId)
    if (this.#mode === 'stream') return messages
    if (this.#mode === 'end') return messages.filter((message) => !LIVE_TYPES.has(message.type))
    return this.#inBlocks(messages, receivedMs)
  }

  #inBlocks(messages: ServerMessage[], receivedMs: number): ServerMessage[] {
    const out: ServerMessage[] = []
    for (const message of messages) {
      if (message.type === 'partial_result') this.#held = message
      else {
        if (message.type === 'segment' && this.#held?.type === 'partial_result' && message.id.startsWith(this.#held.utterance_id))
          this.#held = null
        out.push(message)
      }
    }
    if (receivedMs >= this.#blockEndMs) {
      this.#blockEndMs = (Math.floor(receivedMs / this.#blockMs) + 1) * this.#blockMs
      if (this.#held) out.push(this.#held)
      this.#held = null
    }
    return out
  }
}

const LIVE_TYPES = new Set(['partial_result', 'segment', 'speech_started', 'speech_stopped'])

function toMessages(event: SessionEvent, sessionId: string): ServerMessage[] {
  switch (event.type) {
    case 'speech_started':
    case 'speech_stopped':
      return [{ type: event.type, at: seconds(event.atMs) }]
    case 'interim':
      return [
        {
          type: 'partial_result',
          text: event.text,
          utterance_id: event.utteranceId,
          start: seconds(event.startMs),
          confirmed: event.confirmedChars,
        },
      ]
    case 'segment':
      return [segmentMessage(event.segment)]
    case 'final':
      return [
        {
          type: 'final_result',
          session_id: sessionId,
          text: event.text,
          duration: seconds(event.durationMs),
          segments: event.segments,
          ...(event.truncated ? { truncated: true } : {}),
        },
      ]
    case 'progress':
      return [{ type: 'analysis_progress', stage: event.stage, done: event.done, total: event.total }]
    case 'report':
      return [{ type: 'analysis', report: event.report }]
    case 'observation':
      return [{ type: 'observation', observation: event.observation }]
    case 'alert':
      return [
        {
          type: 'alert',
          what: event.what,
          why: event.why,
          where: event.where,
          severity: event.severity,
          frame_id: event.frameId,
        },
      ]
    case 'degraded':
      return [{ type: 'degraded', tier: event.tier, reason: event.reason }]
    case 'expired':
      return [{ type: 'error', ...toErrorBody(timeLimit(event.maxMs)) }]
    case 'damage':
      return [
        {
          type: 'error',
          code: 'invalid_audio',
          message: `${event.bytes} bytes of audio could not be decoded: ${event.reason}.`,
          hint: 'The session goes on with the next good audio.',
          retryable: false,
          item: `${seconds(event.atMs)} s`,
        },
      ]
    case 'error':
      return [{ type: 'error', ...toErrorBody(event.error), ...(event.item ? { item: event.item } : {}) }]
    default:
      return []
  }
}

const timeLimit = (maxMs: number): VigiaError =>
  new VigiaError(
    'session_time_limit',
    `The session has lasted ${seconds(maxMs)} s, which is as long as one may; it is being finished.`,
    {
      hint: 'Send a new config to go on in a new session.',
    },
  )

function segmentMessage(segment: Segment): ServerMessage {
  return { type: 'segment', ...segment }
}
