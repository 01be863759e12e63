import type { Logger } from './log.ts'
import type { SessionStatus } from './session/service.ts'
import type { Clock } from './std/clock.ts'

/** What operations want to know of each live session, as one log line at intervals. */

export interface SessionLogOptions {
  status: () => SessionStatus[]
  log: Logger
  clock: Clock
  /** 0 logs nothing. */
  everyMs: number
}

/** Lag above which a line is worth a warning: text comes late, audio is safe. */
const LAG_WARNING_S = 10

/** Starts logging; the result stops it. */
export function startSessionLog({ status, log, clock, everyMs }: SessionLogOptions): () => void {
  if (everyMs === 0) return () => {}
  return clock.setInterval(() => {
    for (const session of status()) {
      const fields = sessionFields(session)
      if (session.lagSeconds > LAG_WARNING_S) log.warn(fields, 'recognizer lags')
      else log.info(fields, 'session figures')
    }
  }, everyMs)
}

/** The fields of one line; no name of a client, which may be a person's. */
export function sessionFields(session: SessionStatus): Record<string, unknown> {
  return {
    sessionId: session.id,
    state: session.state,
    tier: session.tier,
    connectedMs: Math.round(session.connectedMs),
    receivedBytes: session.receivedBytes,
    bufferedBytes: session.receivedBytes - session.durableBytes,
    lagSeconds: Math.round(session.lagSeconds * 100) / 100,
    chunkRate: Math.round(session.chunkRate * 10) / 10,
    personal: { client: session.client },
  }
}
