import '@fastify/websocket'
import type { FastifyPluginAsync } from 'fastify'
import type { Asker } from '../compat/ask.ts'
import type { Connections } from '../compat/connections.ts'
import { credentialsOf } from '../compat/credentials.ts'
import { type CompatDeps, callerOf, socketCaller } from '../compat/deps.ts'
import { callerOfGrant, EphemeralTokens } from '../compat/ephemeral.ts'
import { errorHandler } from '../compat/errors.ts'
import type { FieldLog } from '../compat/field-log.ts'
import { type Json, number, object, text } from '../compat/read.ts'
import { listen, wireOf } from '../compat/wire.ts'
import { camelCased } from './case.ts'
import { geminiErrorShape } from './errors.ts'
import { GeminiLive } from './live.ts'

/** `WS /ws/google.ai.generativelanguage.….BidiGenerateContent` and the short-lived tokens for it. */

const VERSIONS = ['v1beta', 'v1alpha', 'v1beta1', 'v1']
const MINUTE_MS = 60_000

export function geminiLiveRoutes({
  deps,
  asker,
  fields,
  connections,
}: {
  deps: CompatDeps
  asker: Asker
  fields: FieldLog
  connections: Connections
}): FastifyPluginAsync {
  return async (app) => {
    const tokens = new EphemeralTokens('auth_tokens/')
    const options = { errorHandler: errorHandler(geminiErrorShape, deps.log) }
    for (const version of VERSIONS) {
      for (const method of ['BidiGenerateContent', 'BidiGenerateContentConstrained']) {
        const url = `/ws/google.ai.generativelanguage.${version}.GenerativeService.${method}`
        // a wrong key is told by a close code: the client never settles on a refused handshake
        app.get(url, { ...options, websocket: true, config: { access: 'public' } }, (socket, request) => {
          const admit = () => {
            const { key } = credentialsOf({ url: request.url, headers: request.headers })
            if (!tokens.owns(key)) return { caller: socketCaller(request, deps), fixed: null }
            const grant = tokens.redeem(key, deps.clock.wallMs())
            return { caller: callerOfGrant(grant, callerOf(request, deps)), fixed: grant.fixed }
          }
          const live = new GeminiLive({ wire: wireOf(socket), deps, asker, fields, admit })
          const leave = connections.add(live)
          socket.once('close', leave)
          listen(socket, live, deps.clock)
        })
      }
    }
    for (const version of VERSIONS) {
      app.post(`/${version}/auth_tokens`, options, async (request) => {
        const { owner, keep } = callerOf(request, deps)
        const body = object(camelCased(request.body), 'body')
        const nowMs = deps.clock.wallMs()
        const expiresMs = timeOf(body, 'expireTime') ?? nowMs + 30 * MINUTE_MS
        const openUntilMs = timeOf(body, 'newSessionExpireTime') ?? nowMs + MINUTE_MS
        const uses = number(body.uses, 'uses', [0, 1e6]) ?? 1
        const fixed = body.bidiGenerateContentSetup ?? null
        const name = tokens.issue({ owner, keep, expiresMs, openUntilMs, uses: uses || Number.POSITIVE_INFINITY, fixed })
        return {
          name,
          uses,
          expireTime: new Date(expiresMs).toISOString(),
          newSessionExpireTime: new Date(openUntilMs).toISOString(),
        }
      })
    }
  }
}

function timeOf(body: Json, name: string): number | null {
  const given = text(body[name], name)
  const ms = given === undefined ? Number.NaN : Date.parse(given)
  return Number.isFinite(ms) ? ms : null
}
