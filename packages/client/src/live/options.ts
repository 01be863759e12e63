import type { ClientMessageInput } from '@vigia/protocol'
import type { Auth } from '../auth.ts'
import type { Timers } from '../std/timers.ts'
import type { AudioKeep } from './keep.ts'

/** The `config` message, less what the client itself decides. */
export type LiveConfig = Omit<Extract<ClientMessageInput, { type: 'config' }>, 'type' | 'resume_token'>

/** Options of `connectLive`. */
export interface LiveOptions extends LiveConfig {
  /** Of the server, for instance `https://vigia.local:8000`. Default: where the page came from. */
  url?: string
  auth?: Auth
  /** Unconfirmed bytes to keep at most; the oldest beyond it are given up and declared as a gap. Default 60 MB. */
  maxKeptBytes?: number
  /** Keeps unconfirmed audio beyond this page, for instance `indexedDbKeep()`. */
  keep?: AudioKeep
  /** A `ping` goes out that often. Default 5 s. */
  heartbeatMs?: number
  /** Without any message for that long the connection is taken for dead. Default 15 s. */
  deadAfterMs?: number
  /** Ends all at once; `end()` finishes properly. */
  signal?: AbortSignal
  /** For tests. */
  socket?: (url: string, protocols: string[]) => WebSocket
  fetch?: typeof fetch
  timers?: Timers
  random?: () => number
}

/** The options that belong to the `config` message. */
export function configOf(options: LiveOptions): LiveConfig {
  const { url, auth, maxKeptBytes, keep, heartbeatMs, deadAfterMs, signal, socket, fetch, timers, random, ...config } = options
  return config
}

/** Where the server is, without a slash at the end. */
export const serverAddress = ({ url }: LiveOptions): string =>
  (url ?? globalThis.location?.origin ?? 'http://127.0.0.1:8000').replace(/\/$/, '')
