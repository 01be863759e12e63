import type { ServerMessage, ServerMessageOf } from '@vigia/protocol'

/**
 * `connecting`: first connection; `live`; `reconnecting`: the socket is lost, audio is kept; `finishing`: all was sent, the
 * server transcribes and analyses; `done`; `failed`: it cannot go on, `error` said why; `closed` by the caller.
 */
export type LiveState = 'connecting' | 'live' | 'reconnecting' | 'finishing' | 'done' | 'failed' | 'closed'

/** What a live session tells beside the server's own messages. */
export type LocalEvent =
  | { type: 'state'; state: LiveState; retryInMs?: number; attempt?: number; keptMs: number }
  /** Kept audio was given up because no more can be kept: a gap of `ms` is declared in its place. */
  | { type: 'audio_lost'; ms: number }
  /** Audio of an answer, as `reply_audio` announced it. */
  | (Omit<ServerMessageOf<'reply_audio'>, 'type'> & { type: 'reply_sound'; data: Uint8Array })

/** Everything that can be listened to. Message types this client does not know are passed on too. */
export type LiveEvent = ServerMessage | LocalEvent

/** May be dropped when a reader falls behind: the next one of its kind says the same and more. */
export const isExpendable = ({ type }: LiveEvent): boolean =>
  type === 'partial_result' || type === 'ack' || type === 'analysis_progress' || type === 'pong'
