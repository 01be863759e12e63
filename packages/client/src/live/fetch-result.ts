import type { Report, SessionDetail, SessionState } from '@vigia/protocol'
import { VigiaError } from '@vigia/protocol'
import { Http } from '../rest/http.ts'
import type { Timers } from '../std/timers.ts'
import type { LiveOptions } from './options.ts'

/** How a session stands whose socket was lost after its end was sent. `open`: the end did not arrive. */
export type Outcome = { kind: 'open' } | { kind: 'report'; report: Report | null } | { kind: 'error'; error: VigiaError }

const POLL_MS = 1000
const OPEN: readonly SessionState[] = ['live', 'detached']

/** Asks over HTTP until the session is open again, finished or gone; a server that is away is asked again. */
export async function fetchResult(
  options: LiveOptions,
  sessionId: string,
  timers: Timers,
  isStopped: () => boolean,
): Promise<Outcome> {
  const http = new Http(options)
  const path = `/sessions/${encodeURIComponent(sessionId)}`
  for (;;) {
    if (isStopped()) return { kind: 'report', report: null }
    try {
      const { state } = await http.json<SessionDetail>('GET', path)
      if (OPEN.includes(state)) return { kind: 'open' }
      if (state === 'final') {
        if (options.analyze === false) return { kind: 'report', report: null }
        return { kind: 'report', report: await http.json<Report>('GET', `${path}/report`) }
      }
    } catch (error) {
      if (VigiaError.is(error) && !error.spec.retryable) return { kind: 'error', error }
    }
    await new Promise<void>((resolve) => void timers.after(POLL_MS, resolve))
  }
}
