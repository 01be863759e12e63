import websocket from '@fastify/websocket'
import type { Limits } from '@vigia/protocol'
import Fastify, { type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { analyze } from './analysis/pipeline.ts'
import type { Config } from './config/schema.ts'
import { type Engines, openEngines } from './engines/catalog.ts'
import { createDecoder } from './media/decoder.ts'
import { nativeRoute } from './protocols/native/route.ts'
import { DEFAULT_ENDPOINTING, type EndpointingOptions } from './session/endpointing.ts'
import type { SessionService } from './session/service.ts'
import { openSessions } from './session/sessions.ts'
import { type Clock, systemClock } from './std/clock.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import type { Store } from './store/store.ts'

/** The composition root: takes the configuration, opens engines and store, wires the rooms, listens. */

export interface App extends AsyncDisposable {
  /** Where it listens, for instance `http://127.0.0.1:8000`. */
  readonly url: string
  readonly port: number
  readonly config: Config
  readonly store: Store
  readonly sessions: SessionService
  readonly engines: Engines
  readonly http: FastifyInstance
}

export interface AppOptions {
  log: Logger
  clock?: Clock
}

/** Compatible APIs append audio in messages of up to 15 MiB; each protocol has its own, smaller bound. */
const MAX_WS_PAYLOAD = 24 * 1024 * 1024

/** Opens everything and listens. What fails half-way is closed again. @throws VigiaError */
export async function openApp(config: Config, { log, clock = systemClock }: AppOptions): Promise<App> {
  await using stack = new AsyncDisposableStack()
  const store = stack.use(await openSqliteStore({ dataDir: config.dataDir, flushMs: config.store.flushMs }))
  const engines = stack.use(await openEngines(config, { onDeath: (death) => log.warn({ ...death }, 'engine process ended') }))
  const limits = limitsOf(config)
  const sessions = stack.use(
    await openSessions({
      store,
      clock,
      engines: () => engines,
      makeDecoder: (format) => createDecoder(format as Parameters<typeof createDecoder>[0]),
      analyze: (input, signal, onProgress) => analyze(input, { signal, onProgress }),
      endpointing: endpointingOf(config),
      limits,
      maxSessions: config.limits.maxSessions,
      graceMs: config.session.graceMs,
      timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      parallel: { jobs: 1, spans: 2 },
      onJobError: (sessionId, code) => log.warn({ sessionId, code }, 'finishing a session failed'),
    }),
  )
  const http = Fastify({
    loggerInstance: log,
    disableRequestLogging: true,
    rewriteUrl: (request) => collapseSlashes(request.url ?? '/'),
  })
  stack.defer(() => http.close())
  await http.register(websocket, { options: { maxPayload: MAX_WS_PAYLOAD, perMessageDeflate: false } })
  nativeRoute(http, {
    sessions,
    clock,
    maxMessageBytes: config.limits.maxMessageBytes,
    maxInflightBytes: config.session.maxInflightBytes,
    onFrame: async () => {},
    onError: (code, sessionId) => log.info({ code, sessionId }, 'refused a message'),
  })
  const url = await http.listen({ host: config.host, port: config.port })
  const kept = stack.move()
  return {
    url,
    port: Number(new URL(url).port),
    config,
    store,
    sessions,
    engines,
    http,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function limitsOf(config: Config): Limits {
  return {
    max_message_bytes: config.limits.maxMessageBytes,
    max_image_bytes: config.limits.maxImageBytes,
    max_session_s: config.session.maxMs / 1000,
    max_inflight_bytes: config.session.maxInflightBytes,
    grace_s: config.session.graceMs / 1000,
    idle_s: config.session.idleMs / 1000,
  }
}

function endpointingOf(config: Config): EndpointingOptions {
  return { ...DEFAULT_ENDPOINTING, ...config.vad, ...config.endpointing }
}

/** Some clients ask for `//ws/…`. */
function collapseSlashes(url: string): string {
  const query = url.indexOf('?')
  const path = query === -1 ? url : url.slice(0, query)
  return path.replace(/\/{2,}/g, '/') + (query === -1 ? '' : url.slice(query))
}
