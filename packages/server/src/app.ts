import type { AddressInfo } from 'node:net'
import type { Observation } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import { type AccessRoom, openAccessRoom } from './access-room.ts'
import { openMcpTools, turnObserver } from './assistant-room.ts'
import type { Config } from './config/schema.ts'
import { readDiagnosis, toWireDiagnosis } from './diagnosis.ts'
import { drainSockets } from './drain.ts'
import { deathReporter, onceEach, openEngineRoom } from './engine-room.ts'
import type { Engines } from './engines/catalog.ts'
import type { EngineSet } from './engines/engine-set.ts'
import type { Logger } from './log.ts'
import { createMetrics } from './metrics.ts'
import { modelsDirOf } from './models/folder.ts'
import { hubSettings } from './models/hub-settings.ts'
import type { ModelEntry } from './models/manifest.ts'
import { openModelPulls } from './models/pulls.ts'
import { ModelStore } from './models/store.ts'
import { photoObserver } from './photo-rhythm.ts'
import { Connections } from './protocols/compat/connections.ts'
import type { HttpDeps } from './protocols/http/deps.ts'
import { shedUnderPressure } from './protocols/http/pressure.ts'
import { createHttpServer } from './protocols/http/server.ts'
import { startRetention } from './retention.ts'
import { addRoutes } from './route-room.ts'
import { FINISHING_JOBS } from './session/finalizer.ts'
import { KnownVoices } from './session/known-voices.ts'
import type { SessionService } from './session/service.ts'
import { startSessionLog } from './session-log.ts'
import { openSessionRoom } from './session-room.ts'
import { reachableAddresses } from './std/addresses.ts'
import { type Clock, systemClock } from './std/clock.ts'
import { RecentErrors } from './std/recent-errors.ts'
import { readMasterKey } from './store/sqlite/encryption/master-key.ts'
import { nodeFiles } from './store/sqlite/files.ts'
import { measuredFiles } from './store/sqlite/measured-files.ts'
import { openSqliteStore } from './store/sqlite/sqlite-store.ts'
import type { Store } from './store/store.ts'
import { keptDays, ledgerView, photoFacts, watchSystem } from './system-status.ts'
import { openTelemetry } from './telemetry-room.ts'
import { VERSION } from './version.ts'
import type { VisionService } from './vision/service.ts'
import { openVisionRoom } from './vision-room.ts'
import { openWebhooks } from './webhooks/webhooks.ts'

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

/** Opens everything and listens. What fails half-way is closed again. @throws VigiaError */
export async function openApp(config: Config, { log, clock = systemClock, wrapEngines, catalogue }: AppOptions): Promise<App> {
  await using stack = new AsyncDisposableStack()
  const metrics = createMetrics()
  const errors = new RecentErrors()
  const files = measuredFiles(nodeFiles, (ms) => metrics.fsyncSeconds.observe(ms / 1000))
  const key = await readMasterKey(config.store.keyFile, (path) => log.warn({ path }, 'others can read the key file'))
  const store = stack.use(await openSqliteStore({ dataDir: config.dataDir, flushMs: config.store.flushMs, files, key }))
  const onDeath = deathReporter({ dataDir: config.dataDir, metrics, errors, log, clock })
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
  const measureTurn = turnObserver(metrics)
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
