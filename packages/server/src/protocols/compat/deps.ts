import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from '../../config/schema.ts'
import type { Asr } from '../../engines/asr.ts'
import type { Diarizer } from '../../engines/diarizer.ts'
import type { Llm } from '../../engines/llm.ts'
import type { Tts } from '../../engines/tts.ts'
import type { Vision } from '../../engines/vision.ts'
import type { Logger } from '../../log.ts'
import type { SessionService } from '../../session/service.ts'
import type { Clock } from '../../std/clock.ts'
import type { Store } from '../../store/store.ts'
import type { VisionService } from '../../vision/service.ts'
import { credentialsOf } from './credentials.ts'

/** What the translators of other APIs need of the server, and who is asking. */

/** Ports only: a translator asks what an engine can, never which one it is. */
export interface CompatEngines {
  readonly liveAsr: Asr
  readonly finalAsr: Asr
  readonly diarizer: Diarizer | null
  readonly llm: Llm | null
  readonly tts: Tts | null
  readonly vision: Vision | null
}

/** Who a key belongs to. */
export interface Identity {
  /** The API key's id; null while the server is open. */
  owner: string | null
  /** False: nothing of this key's requests is kept. */
  keep?: boolean
}

/**
 * Checks a key that the server's guard has not seen: on sockets whose clients must be told by a close code.
 *
 * @throws VigiaError `unauthorized`, `forbidden`, `rate_limited`
 */
export type Authenticate = (request: FastifyRequest, key: string | null) => Identity

/** An open server: any key, or none. */
export const acceptAnyKey: Authenticate = () => ({ owner: null })

export interface CompatDeps {
  sessions: SessionService
  store: Store
  vision: VisionService
  /** Asked at each request: an engine that becomes available serves the next one. */
  engines: () => CompatEngines
  clock: Clock
  log: Logger
  settings: Config['compat']
  authenticate: Authenticate
  timeZone: string
}

/** Who is asking, and whether what they send is kept as a session. */
export interface Caller {
  owner: string | null
  keep: boolean
  /** A session that pictures of this request belong to: header `x-vigia-session`. */
  sessionId: string | null
}

const NO = /^(false|0|no|off)$/i

/** The caller of an HTTP request, which the server's guard has let in. */
export function callerOf(request: FastifyRequest, { settings }: Pick<CompatDeps, 'settings'>): Caller {
  const { principal } = request as { principal?: Identity }
  return withOptOut(request, { owner: principal?.owner ?? null, keep: principal?.keep !== false }, settings)
}

/** The caller of a socket. @throws VigiaError `unauthorized`, `forbidden`, `rate_limited` */
export function socketCaller(
  request: FastifyRequest,
  { authenticate, settings }: Pick<CompatDeps, 'authenticate' | 'settings'>,
): Caller {
  const { key } = credentialsOf({ url: request.url, headers: request.headers })
  return withOptOut(request, authenticate(request, key), settings)
}

/**
 * What is sent is kept unless the configuration, the key, the header `x-vigia-store: false` or the query `vigia_store=false` says
 * otherwise.
 */
function withOptOut(request: FastifyRequest, identity: Identity, settings: CompatDeps['settings']): Caller {
  const query = request.query as Record<string, string | undefined>
  const asked = [request.headers['x-vigia-store'], query.vigia_store].flat().some((value) => NO.test(value ?? ''))
  const session = request.headers['x-vigia-session']
  return {
    owner: identity.owner,
    keep: settings.store && identity.keep !== false && !asked,
    sessionId: typeof session === 'string' && session !== '' ? session : null,
  }
}

/** A caller whose request itself says that nothing of it is to be kept, in its API's own field. */
export const keptUnless = (caller: Caller, optedOut: boolean): Caller => (optedOut ? { ...caller, keep: false } : caller)

/** Aborts when the client is gone before the answer is out. */
export function abortedWith(reply: FastifyReply): AbortSignal {
  const abort = new AbortController()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) abort.abort(new Error('the client went away'))
  })
  return abort.signal
}
