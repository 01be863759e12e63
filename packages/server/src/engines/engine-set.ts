import { type Clock, systemClock } from '../std/clock.ts'
import { Mutex } from '../std/mutex.ts'
import { choose, type Engines, type EnginesConfig, type EnginesContext, openEngines } from './catalog.ts'

/**
 * The engines in use, and the better ones that take their place when their models arrive: a session that begins
 * afterwards gets them, one that is running keeps what it has.
 */
export interface EngineSet extends AsyncDisposable {
  current(): Engines
  /** Looks again at what is installed. @returns whether other engines are in use now */
  reload(): Promise<boolean>
}

export interface EngineSetOptions extends EnginesContext {
  models: NonNullable<EnginesContext['models']>
  pool: NonNullable<EnginesContext['pool']>
  clock?: Clock
  /** How often the model folder is looked at, ms; 0 never. */
  watchMs?: number
  onChange?: (engines: Engines) => void
  onError?: (error: unknown) => void
}

/** @throws VigiaError what `openEngines` throws for what must open */
export async function openEngineSet(config: EnginesConfig, options: EngineSetOptions): Promise<EngineSet> {
  const { models, machine = null, clock = systemClock, watchMs = 5000, onChange, onError } = options
  const open = async () => {
    const version = await models.version()
    return { version, choice: JSON.stringify(await choose(config, models, machine)), engines: await openEngines(config, options) }
  }
  let now = await open()
  let closed = false
  const one = new Mutex()

  const reload = (): Promise<boolean> =>
    one.run(async () => {
      if (closed || (await models.version()) === now.version) return false
      const version = await models.version()
      if (JSON.stringify(await choose(config, models, machine)) === now.choice) {
        now = { ...now, version }
        return false
      }
      const before = now
      now = { ...now, version }
      now = await open()
      await before.engines[Symbol.asyncDispose]()
      onChange?.(now.engines)
      return true
    })

  const stop =
    watchMs > 0 ? clock.setInterval(() => void reload().catch((error: unknown) => onError?.(error)), watchMs) : () => {}
  return {
    current: () => now.engines,
    reload,
    async [Symbol.asyncDispose]() {
      closed = true
      stop()
      await one.run(() => {})
      await now.engines[Symbol.asyncDispose]()
    },
  }
}
