import { ERROR_CODES, type ErrorCode, type ServerMessageOf, VigiaError } from '@vigia/protocol'

/** What an error of the server means for a session. Pure. */

/**
 * `told`: the session goes on, or its socket closes by itself and it comes back; `retry`: connect again; `ask`: the end may have
 * arrived, over HTTP it says whether; `fail`: it cannot go on.
 */
export type Verdict = 'told' | 'retry' | 'ask' | 'fail'

export interface Standing {
  /** This connection's config was confirmed. */
  isConfigured: boolean
  /** The session was confirmed at some time: it may hold audio that is nowhere else. */
  wasOpen: boolean
  isEnding: boolean
  /** Refusals in a row that may pass, this one not counted. */
  refusals: number
}

/** A first connection that is refused that often is given up; a session with audio never is. */
const MAX_REFUSALS = 5

export function verdictOn({ code, retryable }: ServerMessageOf<'error'>, standing: Standing): Verdict {
  if (code === 'session_not_live' && standing.wasOpen && standing.isEnding) return 'ask'
  if (standing.isConfigured && (retryable || !ERROR_CODES[code]?.fatal)) return 'told'
  if (!retryable && code !== 'internal') return 'fail'
  return standing.wasOpen || standing.refusals + 1 < MAX_REFUSALS ? 'retry' : 'fail'
}

const FINAL_CLOSES: Readonly<Record<number, ErrorCode>> = {
  4401: 'unauthorized',
  4403: 'unauthorized',
  4404: 'session_not_found',
  4409: 'session_superseded',
}

/** The error of a session that ended with a close code after which it cannot be resumed; null for other codes. */
export function errorOfClose(code: number): VigiaError | null {
  const why = FINAL_CLOSES[code]
  return why ? new VigiaError(why, `The server closed the session (${code}).`) : null
}
