import websocket from '@fastify/websocket'
import type { FastifyInstance } from 'fastify'
import type { Access } from './access/access.ts'
import { SUBPROTOCOL } from './access/credentials.ts'
import type { Config } from './config/schema.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Connections } from './protocols/compat/connections.ts'
import { selectSubprotocol } from './protocols/compat/credentials.ts'
import type { CompatEngines } from './protocols/compat/deps.ts'
import { compatRoutes } from './protocols/compat/routes.ts'
import type { HttpDeps } from './protocols/http/deps.ts'
import { frameRoutes } from './protocols/http/frames.ts'
import { socketPrincipal } from './protocols/http/guard.ts'
import { httpRoutes } from './protocols/http/routes.ts'
import { type NativeSockets, nativeRoute } from './protocols/native/route.ts'
import type { VisionService } from './vision/service.ts'

/** Composition of the wire: every protocol on one listener. */

/** Compatible APIs append audio in messages of up to 15 MiB; each protocol has its own, smaller bound. */
const MAX_WS_PAYLOAD = 24 * 1024 * 1024

export interface RouteDeps extends HttpDeps {
  vision: VisionService
  metrics: Metrics
  log: Logger
  engines: () => CompatEngines
  access: Access
  /** Live sockets of the other APIs that are told when the server stops. */
  otherSockets: Connections
}

export async function addRoutes(http: FastifyInstance, config: Config, deps: RouteDeps): Promise<NativeSockets> {
  const { store, sessions, vision, clock, log, metrics, access } = deps
  let sockets: NativeSockets | undefined
  await http.register(websocket, {
    options: {
      maxPayload: MAX_WS_PAYLOAD,
      maxFragments: 64,
      maxBufferedChunks: 4096,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(SUBPROTOCOL) ? SUBPROTOCOL : selectSubprotocol(offered)),
    },
  })
  await http.register((scope, _options, done) => {
    sockets = nativeRoute(scope, {
      sessions,
      clock,
      maxMessageBytes: config.limits.maxMessageBytes,
      maxInflightBytes: config.session.maxInflightBytes,
      maxPendingBytes: config.overload.maxPendingBytes,
      maxClientBytes: config.overload.maxClientBytes,
      idleMs: config.session.idleMs,
      mayStay: (principal) => access.stillGood(principal),
      onNewSession: (principal) => access.spend(principal, 'sessions'),
      onDropped: (what) => metrics.dropped.inc({ queue: 'client', why: what }),
      async onFrame(frame) {
        await vision.submit({ ...frame, arrivedAt: clock.wallMs() })
      },
      onAudio: (bytes) => metrics.received(bytes),
      onAck: (ms) => metrics.ackSeconds.observe(ms / 1000),
      onRefused: (result) => metrics.admissions.inc({ result: `refused_${result}` }),
      onError(code, sessionId) {
        metrics.errors.inc({ code })
        log.info({ code, sessionId }, 'refused a message')
      },
    })
    done()
  })
  await http.register(frameRoutes, { vision, store, limits: config.limits })
  const compat = { sessions, store, vision, clock, log, engines: deps.engines, settings: config.compat }
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone
  await http.register(
    compatRoutes(
      { ...compat, timeZone, authenticate: (request, key) => socketPrincipal(deps.access, request, key) },
      deps.otherSockets,
    ),
  )
  await httpRoutes(http, deps)
  return sockets!
}
