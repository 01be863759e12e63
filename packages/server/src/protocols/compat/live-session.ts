import { VigiaError } from '@vigia/protocol'
import type { AssistantInput } from '../../session/assistant.ts'
import type { LiveSession, SessionConfig, SessionListener } from '../../session/service.ts'
import type { Caller, CompatDeps } from './deps.ts'

/** A live session for a socket of another API: how it is opened, what of it may be asked, how it is left. */

type Wanted = Pick<SessionConfig, 'session_id' | 'encoding' | 'sample_rate' | 'channels' | 'language' | 'mode' | 'client'> &
  Partial<Pick<SessionConfig, 'hotwords' | 'assistantSettings' | 'endpointing'>>

/** @throws VigiaError as `SessionService.open` */
export async function openLive(
  wanted: Wanted,
  { sessions, caller, resumeToken }: { sessions: CompatDeps['sessions']; caller: Caller; resumeToken?: string | undefined },
  listener: SessionListener,
): Promise<LiveSession> {
  const config: SessionConfig = {
    ...wanted,
    results: 'stream',
    block_ms: 5000,
    diarize: true,
    analyze: caller.keep,
    ...(caller.keep ? {} : { keep: false }),
  }
  const { session } = await sessions.open(config, resumeToken, caller.owner, listener)
  return session
}

/** @throws VigiaError `overloaded` where the server has no room to answer */
export function requireAssistant(session: LiveSession): AssistantInput {
  if (session.assistant) return session.assistant
  throw new VigiaError('overloaded', 'The server records this session, and has no room to answer in it.')
}

/** The socket is gone: the session waits for its client where it may come back, else it is finished; an opt-out erases it. */
export async function leaveLive(
  session: LiveSession,
  { sessions, caller, waits = false }: { sessions: CompatDeps['sessions']; caller: Caller; waits?: boolean },
): Promise<void> {
  if (waits && caller.keep) session.detach()
  else await session.end().catch(() => session.detach())
  if (!caller.keep) await sessions.erase(session.id).catch(() => {})
}
