import { VigiaError } from '@vigia/protocol'
import { type Clock, systemClock } from '../std/clock.ts'
import { Mutex } from '../std/mutex.ts'
import { Ledger, type LedgerLimits, type LedgerModel, type LoadVariant, type Memory, nextVariant } from './ledger.ts'

/** Loads engines on demand within the machine's memory: carries out what the ledger decides. */

/** How one engine is opened. */
export interface EngineSpec<T> {
  id: string
  /** Memory of each way to load it; a way that is missing is not tried. */
  needs: Partial<Record<LoadVariant, Memory>> & { full: Memory }
  priority: LedgerModel['priority']
  open(variant: LoadVariant): Promise<T>
}

/** An engine that comes into memory when it is used and may leave when it is not. */
export interface Managed<T> extends AsyncDisposable {
  /** Loads it unless it is loaded. @throws VigiaError `out_of_memory`; what its adapter throws */
  load(): Promise<T>
  /** Holds it in memory until `work` has ended. */
  use<R>(work: (engine: T) => Promise<R>): Promise<R>
  /**
   * The same for a stream of results.
   *
   * @param options - `repeatable` work is begun again with a smaller engine when memory ran out before its first result
   */
  stream<R>(work: (engine: T) => AsyncIterable<R>, options?: { repeatable: boolean }): AsyncIterable<R>
  /** Nobody new will use it: it leaves when it was idle for `idleMs`, as long as `still` says so. */
  retire(idleMs: number, still: () => boolean): void
}

export interface EngineMemoryOptions {
  limits: LedgerLimits
  /** Free memory as the machine says, asked before each load. */
  readFree?: () => Promise<Partial<Memory>>
  clock?: Clock
  /** How long a load waits for models that are in use, ms. */
  maxWaitMs?: number
  /** Told of loads and departures, for the log. */
  onEvent?: (event: {
    type: 'loaded' | 'evicted' | 'refused' | 'retried'
    id: string
    variant?: LoadVariant
    reason?: string
  }) => void
}

interface Resident<T> {
  engine: T & AsyncDisposable
  variant: LoadVariant
}

export class EngineMemory implements AsyncDisposable {
  readonly ledger: Ledger
  readonly #options: EngineMemoryOptions
  readonly #clock: Clock
  /** Loads and departures, one at a time. */
  readonly #loads = new Mutex()
  readonly #residents = new Map<string, Resident<unknown>>()
  #changed = Promise.withResolvers<void>()
  #timers = new Set<() => void>()

  constructor(options: EngineMemoryOptions) {
    this.#options = options
    this.ledger = new Ledger(options.limits)
    this.#clock = options.clock ?? systemClock
  }

  manage<T extends AsyncDisposable>(spec: EngineSpec<T>): Managed<T> {
    this.ledger.register({ id: spec.id, need: spec.needs.full, priority: spec.priority })
    return {
      load: () => this.#load(spec),
      use: (work) => this.#use(spec, work),
      stream: (work, options) => this.#stream(spec, work, options?.repeatable ?? false),
      retire: (idleMs, still) => this.#retire(spec.id, idleMs, still),
      [Symbol.asyncDispose]: () => this.#loads.run(() => this.#evict(spec.id).then(() => this.ledger.forget(spec.id))),
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const cancel of this.#timers) cancel()
    await this.#loads.run(async () => {
      for (const id of [...this.#residents.keys()]) await this.#evict(id)
    })
  }

  async #use<T extends AsyncDisposable, R>(spec: EngineSpec<T>, work: (engine: T) => Promise<R>): Promise<R> {
    for (;;) {
      const engine = await this.#acquire(spec)
      try {
        return await work(engine)
      } catch (error) {
        if (!(await this.#afterError(spec, error))) throw error
      } finally {
        this.#release(spec.id, engine)
      }
    }
  }

  async *#stream<T extends AsyncDisposable, R>(
    spec: EngineSpec<T>,
    work: (engine: T) => AsyncIterable<R>,
    repeatable: boolean,
  ): AsyncIterable<R> {
    for (let begun = false; ; ) {
      const engine = await this.#acquire(spec)
      try {
        for await (const result of work(engine)) {
          begun = true
          yield result
        }
        return
      } catch (error) {
        if (!(await this.#afterError(spec, error)) || begun || !repeatable) throw error
      } finally {
        this.#release(spec.id, engine)
      }
    }
  }

  async #acquire<T extends AsyncDisposable>(spec: EngineSpec<T>): Promise<T> {
    for (;;) {
      const engine = await this.#load(spec)
      // Between the load and here it may have left again.
      if (this.ledger.stateOf(spec.id) !== 'in' || this.#residents.get(spec.id)?.engine !== engine) continue
      this.ledger.acquire(spec.id, this.#clock.now())
      return engine
    }
  }

  /** One that died meanwhile has no uses left to end; another may have come in its place. */
  #release(id: string, engine: unknown): void {
    if (this.#residents.get(id)?.engine !== engine) return
    this.ledger.release(id, this.#clock.now())
    this.#notify()
  }

  async #load<T extends AsyncDisposable>(spec: EngineSpec<T>): Promise<T> {
    const deadline = this.#clock.now() + (this.#options.maxWaitMs ?? 60_000)
    for (;;) {
      const changed = this.#changed.promise
      const result = await this.#loads.run(() => this.#tryLoad(spec))
      if (result !== null) return result
      if (this.#clock.now() >= deadline) throw this.#refused(spec.id, 'what it must wait for stays in use')
      await this.#until(changed, deadline)
    }
  }

  /** The engine; null when something must be waited for. */
  async #tryLoad<T extends AsyncDisposable>(spec: EngineSpec<T>): Promise<T | null> {
    const resident = this.#residents.get(spec.id)
    if (resident) return resident.engine as T
    const plan = this.ledger.plan(spec.id, (await this.#options.readFree?.()) ?? {})
    if (plan.action === 'refuse') {
      const smaller = this.#register(spec, nextVariant(this.#variantOf(spec), Object.keys(spec.needs) as LoadVariant[]))
      if (smaller) return this.#tryLoad(spec)
      throw this.#refused(spec.id, plan.reason)
    }
    if (plan.action === 'wait') return null
    if (plan.action === 'load') for (const id of plan.evict) await this.#evict(id)
    return this.#open(spec)
  }

  async #open<T extends AsyncDisposable>(spec: EngineSpec<T>): Promise<T> {
    for (;;) {
      const variant = this.#variantOf(spec)
      this.ledger.loading(spec.id)
      try {
        const engine = await spec.open(variant)
        this.ledger.loaded(spec.id, this.#clock.now())
        this.#residents.set(spec.id, { engine, variant })
        this.#options.onEvent?.({ type: 'loaded', id: spec.id, variant })
        this.#notify()
        return engine
      } catch (error) {
        this.ledger.left(spec.id)
        this.#notify()
        if (!isOutOfMemory(error) || !this.#retryWith(spec, variant)) throw error
      }
    }
  }

  readonly #variants = new Map<string, LoadVariant>()
  #variantOf(spec: EngineSpec<unknown>): LoadVariant {
    return this.#variants.get(spec.id) ?? 'full'
  }

  #register(spec: EngineSpec<unknown>, variant: LoadVariant | null): boolean {
    const need = variant && spec.needs[variant]
    if (!variant || !need) return false
    this.#variants.set(spec.id, variant)
    this.ledger.register({ id: spec.id, need, priority: spec.priority })
    return true
  }

  #retryWith(spec: EngineSpec<unknown>, failed: LoadVariant): boolean {
    const next = nextVariant(failed, Object.keys(spec.needs) as LoadVariant[])
    if (!this.#register(spec, next)) return false
    this.#options.onEvent?.({ type: 'retried', id: spec.id, variant: next! })
    return true
  }

  /** After a death for want of memory the engine comes back smaller. @returns whether to try once more */
  async #afterError(spec: EngineSpec<unknown>, error: unknown): Promise<boolean> {
    if (!isOutOfMemory(error)) return false
    const failed = this.#variantOf(spec)
    return this.#loads.run(async () => {
      if (this.#variantOf(spec) !== failed) return true
      await this.#drop(spec.id)
      return this.#retryWith(spec, failed)
    })
  }

  async #evict(id: string): Promise<void> {
    if (!this.#residents.has(id)) return
    if (this.ledger.stateOf(id) === 'in' && this.ledger.describe().find((slot) => slot.id === id)?.uses === 0)
      this.ledger.leaving(id)
    await this.#drop(id)
    this.#options.onEvent?.({ type: 'evicted', id })
  }

  async #drop(id: string): Promise<void> {
    const resident = this.#residents.get(id)
    this.#residents.delete(id)
    try {
      await resident?.engine[Symbol.asyncDispose]()
    } finally {
      this.ledger.left(id)
      this.#notify()
    }
  }

  #retire(id: string, idleMs: number, still: () => boolean): void {
    const isDue = (): boolean => still() && this.ledger.idleFor(idleMs, this.#clock.now()).includes(id)
    const cancel = this.#clock.setInterval(
      () => {
        if (!still()) stop()
        else if (isDue()) void this.#loads.run(() => (isDue() ? this.#evict(id) : undefined))
      },
      Math.max(1000, idleMs / 4),
    )
    const stop = (): void => {
      cancel()
      this.#timers.delete(stop)
    }
    this.#timers.add(stop)
  }

  #refused(id: string, reason: string): VigiaError {
    this.#options.onEvent?.({ type: 'refused', id, reason })
    return new VigiaError('out_of_memory', `"${id}" cannot be loaded: ${reason}.`, {
      hint: 'Choose a smaller model or profile ("vigia doctor"), or close what else uses the memory.',
    })
  }

  async #until(changed: Promise<void>, deadline: number): Promise<void> {
    const timeout = Promise.withResolvers<void>()
    const cancel = this.#clock.setTimeout(timeout.resolve, Math.max(1, deadline - this.#clock.now()))
    await Promise.race([changed, timeout.promise])
    cancel()
  }

  #notify(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers<void>()
  }
}

const isOutOfMemory = (error: unknown): boolean => VigiaError.is(error) && error.code === 'out_of_memory'
