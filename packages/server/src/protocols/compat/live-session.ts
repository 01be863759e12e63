import { VigiaError } from '@vigia/protocol'
import type { AssistantInput } from '../../session/assistant.ts'
import type { LiveSession, SessionConfig, SessionListener } from '../../session/service.ts'
import type { Caller, CompatDeps } from './deps.ts'
import { DiskRoom } from './disk-room.ts'

/** A live session for a socket of another API: how it is opened, what of it may be asked, how it is left. */

type Wanted = Pick<SessionConfig, 'session_id' | 'encoding' | 'sample_rate' | 'channels' | 'language' | 'mode' | 'client'> &
  Partial<Pick<SessionConfig, 'hotwords' | 'assistantSettings' | 'endpointing'>>

interface Opening {
  sessions: CompatDeps['sessions']
  caller: Caller
  resumeToken?: string | undefined
  /** Aborted when the client is gone. */
  signal: AbortSignal
}

export interface OpenedLive {
  session: LiveSession
  /** Gives the session audio, as fast as the disk takes it. Resolves when more may come. @throws VigiaError as `LiveSession.audio` */
  audio(bytes: Uint8Array): Promise<void>
}

/** @throws VigiaError as `SessionService.open` */
export async function openLive(
  wanted: Wanted,
  { sessions, caller, resumeToken, signal }: Opening,
  listener: SessionListener,
): Promise<OpenedLive> {
  const config: SessionConfig = {
    ...wanted,
    results: 'stream',
    block_ms: 5000,
    diarize: true,
    analyze: caller.keep,
    ...(caller.keep ? {} : { keep: false }),
  }
  const room = new DiskRoom(signal)
  const { session, limits } = await sessions.open(config, resumeToken, caller.owner, (event) => {
    if (event.type === 'durable') room.changed()
    listener(event)
  })
  const audio = async (bytes: Uint8Array): Promise<void> => {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      session.audio(bytes.subarray(at, at + PIECE_BYTES))
      await room.left(session, limits.max_inflight_bytes)
    }
  }
  return { session, audio }
}

/** What is handed over at once, however much a client sends in one message. */
const PIECE_BYTES = 1024 * 1024

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
