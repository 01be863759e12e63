import type { KeptSession } from '@vigia/client'
import type { ErrorCode } from '@vigia/protocol'

/** What the server says of a session that takes nothing more: what is kept of it is of no use. */
const OVER: ReadonlySet<string> = new Set<ErrorCode>(['session_not_found', 'session_not_live'])

export interface KeptSender {
  /** Sends what is left and ends the session. @throws VigiaError */
  send: (session: KeptSession) => Promise<unknown>
  clear: (sessionId: string) => Promise<void>
}

/** Sends what closed pages left behind, one after the other. What could not be sent stays, and is given back with the last reason. */
export async function sendKept(
  kept: readonly KeptSession[],
  { send, clear }: KeptSender,
): Promise<{ left: KeptSession[]; error: unknown }> {
  const left: KeptSession[] = []
  let error: unknown = null
  for (const one of kept) {
    try {
      await send(one)
    } catch (problem) {
      if (OVER.has((problem as { code?: string }).code ?? '')) {
        await clear(one.sessionId)
        continue
      }
      left.push(one)
      error = problem
    }
  }
  return { left, error }
}
