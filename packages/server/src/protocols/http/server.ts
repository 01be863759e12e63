import { toErrorBody, VigiaError } from '@vigia/protocol'
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import type { Access } from '../../access/access.ts'
import type { Config } from '../../config/schema.ts'
import type { Logger } from '../../log.ts'
import type { Metrics } from '../../metrics.ts'
import { handleErrors } from './errors.ts'
import { guardRoutes, type Owners } from './guard.ts'
import { addSecurityHeaders } from './security.ts'

/** The Fastify server that all protocols share: limits, timeouts, errors as JSON, security headers, latency metrics. */

/** A request's headers must be there by then; slow ones are cut. */
const HEADERS_TIMEOUT_MS = 10_000
/** A whole request, uploads of long recordings over slow networks included. */
const REQUEST_TIMEOUT_MS = 30 * 60_000

const UNREADABLE_URL = new VigiaError('invalid_request', 'Expected a URL, got one that cannot be read.', {
  hint: 'Percent signs begin an escape of two hex digits, in UTF-8.',
})

export interface HttpServerOptions {
  limits: Pick<Config['limits'], 'maxMessageBytes'>
  log: Logger
  metrics: Metrics
  access: Access
  owners: Owners
  /** Certificate and key; null serves plain http. */
  tls?: { cert: string; key: string } | null
}

/** A server without routes, not yet listening. */
export function createHttpServer({ limits, log, metrics, access, owners, tls }: HttpServerOptions): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: limits.maxMessageBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    ...(tls
      ? { https: { ...tls, minVersion: 'TLSv1.2' as const, headersTimeout: HEADERS_TIMEOUT_MS } }
      : { http: { headersTimeout: HEADERS_TIMEOUT_MS } }),
    forceCloseConnections: 'idle',
    return503OnClosing: true,
    // Gemini's client asks for `//ws/…`
    // a URL that cannot be read has no route, and so no error handler
    frameworkErrors: (_error, request, reply) => refuseUrl(request.id, reply as unknown as FastifyReply),
    routerOptions: { maxParamLength: 200, ignoreDuplicateSlashes: true },
  })
  handleErrors(app, log, metrics)
  addSecurityHeaders(app)
  guardRoutes(app, access, owners)
  endRefusedUpgrades(app)
  closeIdleSockets(app)
  measureRequests(app, log, metrics)
  return app
}

/** The URL is never logged: a search holds spoken words. */
function measureRequests(app: FastifyInstance, log: Logger, metrics: Metrics): void {
  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    const status = String(reply.statusCode)
    metrics.httpSeconds.observe({ method: request.method, route, status }, reply.elapsedTime / 1000)
    log.debug(
      { requestId: request.id, method: request.method, route, status, ms: Math.round(reply.elapsedTime) },
      'request answered',
    )
  })
}

/** Nobody reads the socket of an upgrade that was refused: it would stay until its client is gone, and a stopping server with it. */
function endRefusedUpgrades(app: FastifyInstance): void {
  app.addHook('onResponse', async (request, reply) => {
    if (request.headers.upgrade !== undefined && reply.statusCode >= 400) request.raw.socket.destroySoon()
  })
}

const IDLE_LOOK_MS = 100

/** A socket whose answer ended while the server was stopping stays open for its next request: it is closed once it is idle. */
function closeIdleSockets(app: FastifyInstance): void {
  app.addHook('preClose', async () => {
    const look = setInterval(() => app.server.closeIdleConnections(), IDLE_LOOK_MS)
    app.server.once('close', () => clearInterval(look))
  })
}

function refuseUrl(requestId: string, reply: FastifyReply): void {
  void reply.code(400).send({ error: { ...toErrorBody(UNREADABLE_URL), request_id: requestId } })
}
