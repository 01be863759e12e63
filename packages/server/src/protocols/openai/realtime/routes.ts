import '@fastify/websocket'
import { VigiaError } from '@vigia/protocol'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { Asker } from '../../compat/ask.ts'
import { credentialsOf } from '../../compat/credentials.ts'
import { type Caller, type CompatDeps, callerOf, socketCaller } from '../../compat/deps.ts'
import { callerOfGrant, EphemeralTokens } from '../../compat/ephemeral.ts'
import { errorHandler } from '../../compat/errors.ts'
import type { FieldLog } from '../../compat/field-log.ts'
import { resolveModel } from '../../compat/models.ts'
import { isObject, type Json, number, object, oneOf, text } from '../../compat/read.ts'
import { listen, wireOf } from '../../compat/wire.ts'
import { openAiErrorShape } from '../errors.ts'
import { RealtimeConnection } from './connection.ts'
import { defaultSession, merged } from './session.ts'
import type { SessionType } from './session-parts.ts'

/** `WS /v1/realtime` and the client secrets for it. */

interface Handshake {
  caller: Caller
  type: SessionType
  model: string
  initial: Json | null
}

const SECRET_S = 600

export function realtimeRoutes({
  deps,
  asker,
  fields,
}: {
  deps: CompatDeps
  asker: Asker
  fields: FieldLog
}): FastifyPluginAsync {
  return async (app) => {
    const secrets = new EphemeralTokens('ek_')
    const options = { errorHandler: errorHandler(openAiErrorShape, deps.log) }
    const handshakes = new WeakMap<FastifyRequest, Handshake>()
    const config = { access: 'public' as const }
    const preValidation = async (request: FastifyRequest): Promise<void> =>
      void handshakes.set(request, readHandshake(request, secrets, deps))
    app.get('/realtime', { ...options, websocket: true, config, preValidation }, (socket, request) => {
      const connection = new RealtimeConnection({ wire: wireOf(socket), deps, asker, fields, ...handshakes.get(request)! })
      listen(socket, connection, deps.clock)
    })
    app.post('/realtime/client_secrets', options, async (request) => issue(request))
    app.post('/realtime/sessions', options, async (request) => {
      const { value, expires_at, session } = issue(request)
      return { ...session, client_secret: { value, expires_at } }
    })

    function issue(request: FastifyRequest) {
      const { owner, keep } = callerOf(request, deps)
      const body = object(request.body, 'body')
      const given = isObject(body.session) ? body.session : {}
      const type = oneOf(given.type, 'session.type', ['realtime', 'transcription'] as const) ?? 'realtime'
      const model = resolveModel(text(given.model, 'session.model') ?? text(body.model, 'model'), 'live', deps)
      const nowMs = deps.clock.wallMs()
      const session = merged(defaultSession(type, model, nowMs), given)
      const seconds = number(object(body.expires_after, 'expires_after').seconds, 'expires_after.seconds', [10, 7200]) ?? SECRET_S
      const expiresMs = nowMs + seconds * 1000
      const value = secrets.issue({
        owner,
        keep,
        expiresMs,
        openUntilMs: expiresMs,
        uses: Number.POSITIVE_INFINITY,
        fixed: { type, model, session: given },
      })
      return { value, expires_at: Math.floor(expiresMs / 1000), session }
    }
  }
}

/** Mistakes are told before the socket opens. @throws VigiaError */
function readHandshake(request: FastifyRequest, secrets: EphemeralTokens, deps: CompatDeps): Handshake {
  const query = request.query as Record<string, string | undefined>
  if (query.call_id !== undefined) throw new VigiaError('not_supported', 'Calls (call_id) are not offered by this server.')
  const { key } = credentialsOf({ url: request.url, headers: request.headers })
  const grant = secrets.owns(key) ? secrets.redeem(key, deps.clock.wallMs()) : null
  const fixed = (grant?.fixed ?? null) as { type: SessionType; model: string; session: Json } | null
  const caller = grant ? callerOfGrant(grant, callerOf(request, deps)) : socketCaller(request, deps)
  const type = fixed?.type ?? (query.intent === 'transcription' ? 'transcription' : 'realtime')
  return {
    caller,
    type,
    model: fixed?.model ?? resolveModel(query.model, type === 'realtime' ? 'live' : 'transcription', deps),
    initial: fixed?.session ?? null,
  }
}
