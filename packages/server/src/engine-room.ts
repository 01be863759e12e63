import type { Config } from './config/schema.ts'
import { writeCrashReport } from './crash-report.ts'
import type { Engines } from './engines/catalog.ts'
import { EnginePool } from './engines/engine-pool.ts'
import { type EngineSet, openEngineSet } from './engines/engine-set.ts'
import type { EngineDeath } from './engines/host/engine-process.ts'
import type { Ledger } from './engines/ledger.ts'
import { readMachine } from './engines/machine.ts'
import { freeMemoryReader, memoryLimits } from './engines/memory-limits.ts'
import type { Logger } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { ModelStore } from './models/store.ts'
import type { Clock } from './std/clock.ts'
import type { RecentErrors } from './std/recent-errors.ts'

/** Composition of the engines: opened within the machine's memory, changed when models come, their deaths told. */

/** The same wrapper for the same engines. */
export function onceEach(current: () => Engines, wrap: (engines: Engines) => Engines): () => Engines {
  const made = new WeakMap<Engines, Engines>()
  return () => {
    const engines = current()
    const wrapped = made.get(engines) ?? wrap(engines)
    made.set(engines, wrapped)
    return wrapped
  }
}

/** Engines within the machine's memory, and better ones when their models arrive. */
export async function openEngineRoom(
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

/** An engine process that ended is counted, logged, shown among the last errors, and leaves a crash report. */
export function deathReporter({
  dataDir,
  metrics,
  errors,
  log,
  clock,
}: {
  dataDir: string
  metrics: Metrics
  errors: RecentErrors
  log: Logger
  clock: Clock
}): (death: EngineDeath) => void {
  return (death) => {
    metrics.engineRestarts.inc({ engine: death.name })
    const { output, ...facts } = death
    log.warn({ ...facts, personal: { output } }, 'engine process ended')
    writeCrashReport(dataDir, { kind: 'engine_death', engine: death }, clock.wallMs())
    errors.add({ code: 'engine_crashed', message: `The engine process "${death.name}" ended.` }, clock.wallMs())
  }
}
