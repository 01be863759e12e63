import type { AddressInfo } from 'node:net'
import { availableParallelism } from 'node:os'
import websocket from '@fastify/websocket'
import type { ErrorCode, Limits, Observation } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import type { Access } from './access/access.ts'
import { SUBPROTOCOL } from './access/credentials.ts'
import { type AccessRoom, openAccessRoom } from './access-room.ts'
import { analyze } from './analysis/pipeline.ts'
import type { Config } from './config/schema.ts'
import { writeCrashReport } from './crash-report.ts'
import { readDiagnosis, toWireDiagnosis } from './diagnosis.ts'
import { drainSockets } from './drain.ts'
import type { McpTool } from './engines/adapters/mcp/mcp.ts'
import { openMeasuredVision } from './engines/adapters/measured/measured.ts'
import { openSharpPhotos } from './engines/adapters/sharp/sharp-photos.ts'
import type { Engines } from './engines/catalog.ts'
import { currentVision } from './engines/current-vision.ts'
import { EnginePool } from './engines/engine-pool.ts'
import { type EngineSet, openEngineSet } from './engines/engine-set.ts'
import type { EngineDeath } from './engines/host/engine-process.ts'
import type { Ledger } from './engines/ledger.ts'
import { readMachine } from './engines/machine.ts'
import { freeMemoryReader, memoryLimits } from './engines/memory-limits.ts'
import type { Logger } from './log.ts'
import { createDecoder } from './media/decoder.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { modelsDirOf } from './models/folder.ts'
import { hubSettings } from './models/hub-settings.ts'
import type { ModelEntry } from './models/manifest.ts'
import { openModelPulls } from './models/pulls.ts'
import { ModelStore } from './models/store.ts'
import { photoObserver } from './photo-rhythm.ts'
import { Connections } from './protocols/compat/connections.ts'
import { selectSubprotocol } from './protocols/compat/credentials.ts'
import type { CompatEngines } from './protocols/compat/deps.ts'
import { compatRoutes } from './protocols/compat/routes.ts'
import type { HttpDeps } from './protocols/http/deps.ts'
import { frameRoutes } from './protocols/http/frames.ts'
import { socketPrincipal } from './protocols/http/guard.ts'
import { shedUnderPressure } from './protocols/http/pressure.ts'
import { httpRoutes } from './protocols/http/routes.ts'
import { createHttpServer } from './protocols/http/server.ts'
import { type NativeSockets, nativeRoute } from './protocols/native/route.ts'
import { startRetention } from './retention.ts'
import { Admission } from './session/admission.ts'
import { httpTool } from './session/answering/http-tool.ts'
import type { AssistantTool } from './session/answering/tools.ts'
import { ownShare } from './session/answering/trace.ts'
import type { TurnTrace } from './session/assistant.ts'
import { DEFAULT_ENDPOINTING, type EndpointingOptions } from './session/endpointing.ts'
import { FINISHING_JOBS } from './session/finalizer.ts'
import { KnownVoices } from './session/known-voices.ts'
import type { SessionService } from './session/service.ts'
import { openSessions, type SessionsOptions } from './session/sessions.ts'
import { startSessionLog } from './session-log.ts'
import { reachableAddresses } from './std/addresses.ts'
import { type Clock, systemClock } from './std/clock.ts'
import { RecentErrors } from './std/recent-errors.ts'
import { nodeFiles } from './store/sqlite/files.ts'
import { measuredFiles } from './store/sqlite/measured-files.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import type { SessionRecord, Store } from './store/store.ts'
import { keptDays, ledgerView, photoFacts, watchSystem } from './system-status.ts'
import { openTelemetry } from './telemetry-room.ts'
import { VERSION } from './version.ts'
import type { VisionService } from './vision/service.ts'
import { createVisionService } from './vision/vision-service.ts'
import { openWebhooks, type Webhooks } from './webhooks/webhooks.ts'

/** The composition root: takes the configuration, opens engines and store, wires the rooms, listens. */

export interface App extends AsyncDisposable {
  /** Where it listens, for instance `http://127.0.0.1:8000`. */
  readonly url: string
  readonly port: number
  readonly config: Config
  readonly store: Store
  readonly sessions: SessionService
  /** What a session that begins now gets. */
  readonly engines: Engines
  readonly engineSet: EngineSet
  readonly models: ModelStore
  readonly vision: VisionService
  readonly http: FastifyInstance
  readonly access: AccessRoom
}

export interface AppOptions {
  log: Logger
  clock?: Clock
  /** Puts something in the place of engines, or around them: for measuring and tests. */
  wrapEngines?: (engines: Engines) => Engines
  /** Models in the place of the built-in catalogue. */
  catalogue?: readonly ModelEntry[]
}

/** Compatible APIs append audio in messages of up to 15 MiB; each protocol has its own, smaller bound. */
const MAX_WS_PAYLOAD = 24 * 1024 * 1024

/** Opens everything and listens. What fails half-way is closed again. @throws VigiaError */
export async function openApp(config: Config, { log, clock = systemClock, wrapEngines, catalogue }: AppOptions): Promise<App> {
  await using stack = new AsyncDisposableStack()
  const metrics = createMetrics()
  const errors = new RecentErrors()
  const files = measuredFiles(nodeFiles, (ms) => metrics.fsyncSeconds.observe(ms / 1000))
  const store = stack.use(await openSqliteStore({ dataDir: config.dataDir, flushMs: config.store.flushMs, files }))
  const onDeath = (death: EngineDeath): void => {
    metrics.engineRestarts.inc({ engine: death.name })
    const { output, ...facts } = death
    log.warn({ ...facts, personal: { output } }, 'engine process ended')
    writeCrashReport(config.dataDir, { kind: 'engine_death', engine: death }, clock.wallMs())
    errors.add({ code: 'engine_crashed', message: `The engine process "${death.name}" ended.` }, clock.wallMs())
  }
  const models = new ModelStore(modelsDirOf(config), catalogue)
  const { engineSet, ledger } = await openEngineRoom(stack, config, { models, log, clock, onDeath })
  stack.use(engineSet)
  const engines = wrapEngines ? onceEach(() => engineSet.current(), wrapEngines) : () => engineSet.current()
  const webhooks = openWebhooks(config.webhook, {
    store,
    clock,
    onFailure: (sessionId, code, attempt) => log.warn({ sessionId, code, attempt }, 'webhook not delivered'),
  })
  if (webhooks) stack.use(webhooks)
  const voices = () => engines().diarizer?.voices
  const knownVoices = new KnownVoices({ store, clock, enabled: config.voices.enrolment, voices })
  const telemetry = openTelemetry(stack, config, { clock, log })
  const measureTurn = observeTurn(metrics)
  const sessions = stack.use(
    await openSessionRoom(config, {
      nameVoices: (session, signal) => knownVoices.names(session, signal),
      tellVoices: (owner) => knownVoices.teller(owner),
      store,
      engines,
      clock,
      log,
      webhooks,
      onJobError: (code) => errors.add({ code, message: 'Finishing a session failed.' }, clock.wallMs()),
      onTrace: (trace) => {
        measureTurn(trace)
        telemetry.turn(trace)
      },
      onEvent: telemetry.session,
      onAdmission: (result) => metrics.admissions.inc({ result }),
      onResume: (result) => metrics.resumes.inc({ result }),
      mcpTools: await openMcpTools(stack, config, log),
    }),
  )
  const measurePhoto = photoObserver({ metrics, log, clock })
  const onPhoto = (photo: Observation): void => {
    measurePhoto(photo)
    telemetry.photo(photo)
  }
  const vision = stack.use(await openVisionRoom(stack, { store, engines, sessions, clock, webhooks, onDeath, onPhoto }))
  stack.defer(startSessionLog({ status: () => sessions.status(), log, clock, everyMs: config.log.sessionStatsMs }))
  metrics.watchSessions(() => sessions.status())
  metrics.watchLoad({ load: () => sessions.load(), waitingJobs: () => store.jobs.count(FINISHING_JOBS) })

  vision.recover().catch((error: unknown) => log.warn({ err: error }, 'photos of the last run were not described'))
  const stopForgetting = sessions.onErased((sessionId) => vision.forget(sessionId))
  stack.defer(stopForgetting)

  const room = await openAccessRoom(config, { store, clock, log })
  stack.defer(room.stop)
  stack.defer(startRetention({ store, sessions, clock, log, keep: config.privacy, audit: room.audit }))
  const owners = {
    session: async (id: string) => (await store.sessions.get(id))?.owner,
    frame: async (id: string) => (await store.frames.get(id))?.owner,
  }
  const http = createHttpServer({ limits: config.limits, log, metrics, access: room.access, owners, tls: room.tls })
  stack.defer(() => http.close())
  shedUnderPressure(http, config.overload.maxEventLoopDelayMs)
  http.addHook('onError', async (_request, _reply, error) => errors.note(error, clock.wallMs()))
  let draining = false
  const system = stack.use(
    watchSystem({
      version: VERSION,
      profile: config.profile,
      dataDir: config.dataDir,
      clock,
      store,
      errors,
      ledger: () => ledgerView(ledger),
      engines: () => engineSet.current().info(),
      sessions: () => sessions.status(),
      photos: () => photoFacts(metrics),
      keeps: keptDays(config.privacy),
      addresses: () => reachableAddresses(config.host, (http.server.address() as AddressInfo).port),
    }),
  )
  const modelPulls = stack.use(openModelPulls({ store: models, hub: hubSettings }))
  const deps: HttpDeps = {
    version: VERSION,
    store,
    sessions,
    metrics,
    access: room.access,
    clock,
    limits: config.limits,
    isDraining: () => draining,
    models: modelPulls,
    system: () => system.status(),
    diagnose: async () => toWireDiagnosis(await readDiagnosis(config, models)),
    llm: () => engines().llm,
    tts: () => engines().tts,
    knownVoices,
  }
  const otherSockets = new Connections()
  const sockets = await addRoutes(http, config, { ...deps, vision, log, engines, access: room.access, otherSockets })
  const url = await http.listen({ host: config.host, port: config.port })
  stack.defer(async () => {
    draining = true
    sessions.drain()
    await Promise.all([sockets, otherSockets].map((all) => drainSockets(all, config.session.drainMs)))
  })
  const kept = stack.move()
  const { port } = http.server.address() as AddressInfo
  return {
    url,
    port,
    config,
    store,
    sessions,
    get engines() {
      return engineSet.current()
    },
    engineSet,
    models,
    vision,
    http,
    access: room,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** The same wrapper for the same engines. */
function onceEach(current: () => Engines, wrap: (engines: Engines) => Engines): () => Engines {
  const made = new WeakMap<Engines, Engines>()
  return () => {
    const engines = current()
    const wrapped = made.get(engines) ?? wrap(engines)
    made.set(engines, wrapped)
    return wrapped
  }
}

/** Engines within the machine's memory, and better ones when their models arrive. */
async function openEngineRoom(
  stack: AsyncDisposableStack,
  config: Config,
  { models, log, clock, onDeath }: { models: ModelStore; log: Logger; clock: Clock; onDeath: (death: EngineDeath) => void },
): Promise<{ engineSet: EngineSet; ledger: Ledger }> {
  const machine = await readMachine(models.dir)
  const memory = { limits: memoryLimits(config.memory, machine), readFree: freeMemoryReader(machine), clock }
  const onEvent = (event: object): void => log.debug(event, 'model memory changed')
  const pool = stack.use(new EnginePool({ ...memory, onEvent }))
  const engineSet = await openEngineSet(config, {
    models,
    pool,
    machine,
    clock,
    onDeath,
    watchMs: config.models.watchMs,
    onChange: (engines) => log.info({ engines: engines.names() }, 'models came or went, new sessions use these engines'),
    onError: (error) => log.warn({ err: error }, 'engines could not be changed'),
  })
  return { engineSet, ledger: pool.memory.ledger }
}

interface Rooms {
  store: Store
  engines: () => Engines
  clock: Clock
}

function openSessionRoom(
  config: Config,
  {
    store,
    engines,
    clock,
    log,
    webhooks,
    nameVoices,
    tellVoices,
    onJobError,
    onTrace,
    onAdmission,
    onResume,
    onEvent,
    mcpTools,
  }: Rooms & {
    nameVoices: (session: SessionRecord, signal: AbortSignal) => Promise<Record<string, string>>
    tellVoices: NonNullable<SessionsOptions['tellVoices']>
    webhooks: Webhooks | null
    log: Logger
    onJobError: (code: ErrorCode) => void
    onTrace: (trace: TurnTrace) => void
    onAdmission: NonNullable<SessionsOptions['onAdmission']>
    onResume: NonNullable<SessionsOptions['onResume']>
    onEvent: NonNullable<SessionsOptions['onEvent']>
    mcpTools: readonly AssistantTool[]
  },
): Promise<SessionService> {
  return openSessions({
    store,
    clock,
    engines,
    makeDecoder: (format) => createDecoder(format as Parameters<typeof createDecoder>[0]),
    analyze: (input, signal, onProgress, model) =>
      analyze(input, { signal, onProgress, ...model, deadlineMs: config.analysis.deadlineMs }),
    nameVoices,
    tellVoices,
    onReport: async (sessionId, report) => webhooks?.reportReady(sessionId, report),
    endpointing: endpointingOf(config),
    limits: limitsOf(config),
    maxSessions: config.limits.maxSessions,
    consent: config.privacy.consent,
    maxMs: config.session.maxMs,
    maxPendingBytes: config.overload.maxPendingBytes,
    admission: new Admission({
      units: availableParallelism(),
      fixed: config.overload.maxListening,
      max: config.limits.maxSessions,
    }),
    graceMs: config.session.graceMs,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    assistant: { ...assistantOf(config, mcpTools), onTrace },
    onAdmission,
    onResume,
    onEvent,
    parallel: { jobs: 1, spans: Math.max(2, Math.min(4, availableParallelism())) },
    onJobError: (sessionId, code) => {
      log.warn({ sessionId, code }, 'finishing a session failed')
      onJobError(code as ErrorCode)
    },
  })
}

/** A spoken answer's times in the metrics. */
function observeTurn({ turnSeconds }: Metrics): (trace: TurnTrace) => void {
  return (trace) => {
    for (const [part, ms] of Object.entries(trace.parts)) if (ms !== null) turnSeconds.observe({ part }, ms / 1000)
    turnSeconds.observe({ part: 'total' }, trace.totalMs / 1000)
    turnSeconds.observe({ part: 'own' }, ownShare(trace) / 1000)
  }
}

/** What every assistant of this server has. */
function assistantOf(
  { assistant }: Config,
  mcpTools: readonly AssistantTool[],
): NonNullable<Parameters<typeof openSessions>[0]['assistant']> {
  const { minDelayMs, maxDelayMs, reopenMs, stallMs, frameWaitMs } = assistant
  const tools = Object.entries(assistant.tools).flatMap(([name, tool]) =>
    tool.kind === 'http' ? [httpTool({ ...tool, name })] : [],
  )
  return { turn: { minDelayMs, maxDelayMs, reopenMs }, stallMs, frameWaitMs, tools: [...tools, ...mcpTools] }
}

/** Tools of MCP servers; a server that cannot be reached is left out and logged. */
async function openMcpTools(stack: AsyncDisposableStack, { assistant }: Config, log: Logger): Promise<AssistantTool[]> {
  const tools: AssistantTool[] = []
  for (const [name, server] of Object.entries(assistant.tools)) {
    if (server.kind !== 'mcp') continue
    try {
      const { openMcp } = await import('./engines/adapters/mcp/mcp.ts')
      const connection = stack.use(await openMcp({ ...server, name }))
      tools.push(...connection.tools.map(({ call, ...tool }) => ({ ...tool, run: mcpRun(tool.effect, call) })))
    } catch (error) {
      log.warn({ err: error, tool: name }, 'an MCP server cannot be used')
    }
  }
  return tools
}

/** Behind its commit point a call that changes something is not aborted any more. */
function mcpRun(effect: 'read' | 'mutating', call: McpTool['call']): AssistantTool['run'] {
  return (args, { signal, commit }) => {
    commit()
    return call(args, effect === 'read' ? signal : new AbortController().signal)
  }
}

async function openVisionRoom(
  stack: AsyncDisposableStack,
  {
    store,
    engines,
    clock,
    sessions,
    webhooks,
    onDeath,
    onPhoto,
  }: Rooms & {
    sessions: SessionService
    webhooks: Webhooks | null
    onDeath: (death: EngineDeath) => void
    onPhoto: (photo: Observation) => void
  },
): Promise<VisionService> {
  const photos = stack.use(await openSharpPhotos({ onDeath }))
  const measured = openMeasuredVision()
  const vision = currentVision(() => engines().vision ?? measured)
  return createVisionService({
    photos,
    vision,
    feedsModels: () => [engines().llm, engines().omni].some((model) => model?.capabilities.images),
    store,
    clock,
    locate: (sessionId, capturedAt) => sessions.locate(sessionId, capturedAt),
    beforeSettled: async (observation, alerts) => webhooks?.photoSettled(observation, alerts),
    onObservation: (observation) => {
      onPhoto(observation)
      webhooks?.kick()
      if (observation.session_id !== null) sessions.publish(observation.session_id, { type: 'observation', observation })
    },
    onAlert: (sessionId, alert) => sessions.publish(sessionId, { type: 'alert', ...alert }),
  })
}

interface RouteDeps extends HttpDeps {
  vision: VisionService
  metrics: Metrics
  log: Logger
  engines: () => CompatEngines
  access: Access
  /** Live sockets of the other APIs that are told when the server stops. */
  otherSockets: Connections
}

async function addRoutes(http: FastifyInstance, config: Config, deps: RouteDeps): Promise<NativeSockets> {
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
      onAudio(bytes) {
        metrics.receivedBytes.inc(bytes)
        metrics.chunks.inc()
      },
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
