import type { ChildProcess } from 'node:child_process'
import { channel } from 'node:diagnostics_channel'
import { VigiaError } from '@vigia/protocol'
import { engineCrashed, engineOutOfMemory, engineQuarantined, engineTimeout, engineUnavailable } from './host-errors.ts'
import { afterLastWords, JUDGED_LINES, linesOf, SHOWN_LINES } from './last-words.ts'
import { diedOfMemory, readOomKills } from './oom.ts'
import { OutputTail } from './output-tail.ts'
import { type CallOptions, PendingCalls } from './pending-calls.ts'
import { type RestartLimits, RestartPolicy } from './restart-policy.ts'
import { type CallTypes, isFromChild, type ToChild } from './rpc.ts'
import { spawnEngine } from './spawn.ts'

/**
 * A native engine in a process of its own, supervised: a bad model file or a bad option ends the process in some
 * native libraries, and no JavaScript hook runs then. The gateway only ever sees an error with a code.
 */

export interface EngineProcessOptions<C extends CallTypes> {
  /** Module that calls `serveEngine`. */
  entry: URL
  /** Shown in errors and logs: engine and model. */
  name: string
  /** Called after each start of the child, before any other call: loads the model. */
  load?: { method: keyof C & string; params: unknown }
  /** Longest time of start and load together, ms. */
  startDeadlineMs?: number
  /** Bound of the child's JavaScript heap, MB. */
  memoryMb?: number
  args?: readonly string[]
  env?: Readonly<Record<string, string>>
  /** Calls in flight or waiting for a restart; more are refused with `engine_unavailable`. */
  maxPendingCalls?: number
  restart?: Partial<RestartLimits>
  /** Told of each death, for the log; `output` is the end of its stderr and stdout. */
  onDeath?: (death: EngineDeath) => void
  /** Monotonic milliseconds. */
  now?: () => number
}

export interface EngineDeath {
  name: string
  pid: number | undefined
  /** Exit code, or the signal's name. */
  reason: string
  /** Deaths within the window, this one included. */
  deaths: number
  quarantined: boolean
  /** It ended for want of memory, as far as can be told. */
  outOfMemory: boolean
  output: string[]
}

export interface EngineProcess<C extends CallTypes> extends AsyncDisposable {
  readonly name: string
  /** Process id of the living child. */
  readonly pid: number | undefined
  readonly state: 'starting' | 'ready' | 'waiting' | 'quarantined' | 'closed'
  /**
   * Calls the child; waits for a restart in progress.
   *
   * @throws VigiaError `engine_crashed` when the child died under it, `out_of_memory` when that was for want of memory, `engine_timeout` when the deadline passed,
   * `engine_unavailable` when too much is waiting or the host is closed, `model_invalid` while quarantined, and what
   * the handler threw; the signal's reason when aborted
   */
  call<M extends keyof C & string>(method: M, params: C[M]['params'], options: CallOptions<C[M]['part']>): Promise<C[M]['result']>
  /** Takes the newest deaths off the engine's count: what it was given caused them. Ends a quarantine that they opened. */
  forgive(deaths: number): void
}

/**
 * Starts an engine process and loads its model.
 *
 * @throws VigiaError what `load` threw; `model_invalid` when the child died while loading, each time it was tried;
 * `out_of_memory` at once when it died for want of memory
 */
export async function startEngineProcess<C extends CallTypes>(options: EngineProcessOptions<C>): Promise<EngineProcess<C>> {
  const host = new EngineHost<C>(options)
  try {
    await host.start()
    return host
  } catch (error) {
    await host[Symbol.asyncDispose]()
    throw error
  }
}

/** Told of the begin and end of every call, with `{ engine, method }`: for those who watch a process from inside. */
export const ENGINE_CALL_STARTED = channel('vigia:engine-call:started')
export const ENGINE_CALL_ENDED = channel('vigia:engine-call:ended')

/** How long a child may take to stop by itself, ms. */
const STOP_GRACE_MS = 2000

class EngineHost<C extends CallTypes> implements EngineProcess<C> {
  readonly #options: EngineProcessOptions<C>
  readonly #policy: RestartPolicy
  readonly #pending = new PendingCalls()
  readonly #now: () => number
  #child: ChildProcess | null = null
  #exited: Promise<void> = Promise.resolve()
  #state: EngineProcess<C>['state'] = 'starting'
  /** Settles when the current start has succeeded or failed. */
  #ready: Promise<void> = Promise.resolve()
  #quarantinedUntil = 0
  #cancelRestart: () => void = () => {}
  #waiting = 0

  constructor(options: EngineProcessOptions<C>) {
    this.#options = options
    this.#policy = new RestartPolicy(options.restart)
    this.#now = options.now ?? (() => performance.now())
  }

  get name(): string {
    return this.#options.name
  }
  get pid(): number | undefined {
    return this.#child?.pid
  }
  get state(): EngineProcess<C>['state'] {
    return this.#state
  }

  /**
   * First start: a death while loading is tried again after the back-off until the quarantine opens. Not so one for want of
   * memory: what did not fit will not fit a moment later.
   */
  async start(): Promise<void> {
    this.#ready = this.#boot()
    for (;;) {
      try {
        return await this.#ready
      } catch (error) {
        if (this.#state !== 'waiting' || isOutOfMemory(error)) throw error
        await this.#untilRestarted()
      }
    }
  }

  async call<M extends keyof C & string>(
    method: M,
    params: C[M]['params'],
    { deadlineMs, signal, onPart }: CallOptions<C[M]['part']>,
  ): Promise<C[M]['result']> {
    signal?.throwIfAborted()
    if (this.#pending.size + this.#waiting >= (this.#options.maxPendingCalls ?? 256))
      throw engineUnavailable(this.name, 'has too many calls waiting')
    const { promise, resolve, reject } = Promise.withResolvers<C[M]['result']>()
    const deadline = setTimeout(() => {
      reject(engineTimeout(this.name, method, deadlineMs))
      // A call may only wait for a restart; then there is nothing to end.
      if (id !== 0) this.#kill()
    }, deadlineMs)
    let id = 0
    const onAbort = (): void => {
      reject(signal?.reason)
      if (id !== 0) this.#send({ type: 'cancel', id })
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    ENGINE_CALL_STARTED.publish({ engine: this.name, method })
    const finished = (): void => {
      clearTimeout(deadline)
      signal?.removeEventListener('abort', onAbort)
    }
    try {
      this.#waiting += 1
      await Promise.race([this.#untilReady(), promise]).finally(() => {
        this.#waiting -= 1
      })
      signal?.throwIfAborted()
      // The entry outlives an abort: only the child's answer, its death or the deadline removes it.
      id = this.#pending.add({
        resolve(value) {
          finished()
          resolve(value as C[M]['result'])
        },
        reject(error) {
          finished()
          reject(error)
        },
        onPart: onPart as ((part: never) => void) | undefined,
      })
      this.#send({ type: 'call', id, method, params })
      return await promise
    } catch (error) {
      if (id === 0) finished()
      throw error
    } finally {
      ENGINE_CALL_ENDED.publish({ engine: this.name, method })
    }
  }

  forgive(deaths: number): void {
    this.#policy.forgive(deaths)
    if (this.#state === 'quarantined') this.#quarantinedUntil = this.#now()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#state = 'closed'
    this.#cancelRestart()
    this.#pending.failAll(engineUnavailable(this.name, 'was stopped'))
    if (!this.#child) return
    const kill = setTimeout(() => this.#kill(), STOP_GRACE_MS)
    this.#send({ type: 'stop' })
    await this.#exited
    clearTimeout(kill)
  }

  /** One start of the child, from fork to loaded model. */
  async #boot(): Promise<void> {
    this.#state = 'starting'
    const { load, startDeadlineMs = 60_000 } = this.#options
    const started = Promise.withResolvers<void>()
    const child = this.#spawn(started)
    const timer = setTimeout(() => {
      started.reject(engineTimeout(this.name, 'load', startDeadlineMs))
      if (this.#child === child) this.#kill()
    }, startDeadlineMs)
    try {
      await started.promise
      if (load) await this.#callLoad(load.method, load.params, started)
      if (this.#child === child && this.#state === 'starting') this.#state = 'ready'
    } finally {
      clearTimeout(timer)
    }
  }

  async #callLoad(method: string, params: unknown, started: PromiseWithResolvers<void>): Promise<void> {
    const loaded = Promise.withResolvers<unknown>()
    started.promise.catch(loaded.reject)
    const id = this.#pending.add({ resolve: loaded.resolve, reject: loaded.reject, onPart: undefined })
    this.#send({ type: 'call', id, method, params })
    await loaded.promise
  }

  #spawn(started: PromiseWithResolvers<void>): ChildProcess {
    const { entry, memoryMb = 256, args = [], env = {} } = this.#options
    const child = spawnEngine({ entry, memoryMb, args, env })
    const tails = [child.stderr, child.stdout].flatMap((stream) => (stream ? [new OutputTail(stream)] : []))
    this.#child = child
    const oomKillsBefore = readOomKills()
    this.#exited = new Promise((resolve) => {
      const gone = (reason: string): void => {
        if (this.#child !== child) return
        this.#child = null
        const oomKills = oomKillsBefore === null ? null : (readOomKills() ?? 0) - oomKillsBefore
        const outOfMemory = diedOfMemory({ reason, output: linesOf(tails, JUDGED_LINES), oomKills })
        started.reject(this.#afterDeath(child.pid, { reason, outOfMemory, output: linesOf(tails, SHOWN_LINES) }))
        resolve()
      }
      child.on('exit', (code, signal) => afterLastWords(child, () => gone(signal ?? `exit code ${code}`)))
      child.on('error', (error) => gone(error.message))
    })
    child.on('message', (message) => {
      if (!isFromChild(message)) return
      if (message.type === 'ready') started.resolve()
      else this.#pending.settle(message)
    })
    return child
  }

  /** Bookkeeping of a death; returns the error that calls in flight see. */
  #afterDeath(pid: number | undefined, facts: Pick<EngineDeath, 'reason' | 'outOfMemory' | 'output'>): VigiaError {
    const loading = this.#state === 'starting'
    if (this.#state === 'closed') {
      const error = engineUnavailable(this.name, 'was stopped')
      this.#pending.failAll(error)
      return error
    }
    const decision = this.#policy.died(this.#now())
    const quarantined = decision.action === 'quarantine'
    if (quarantined) {
      this.#state = 'quarantined'
      this.#quarantinedUntil = decision.untilMs
    } else {
      this.#state = 'waiting'
      this.#ready = this.#restartAfter(decision.afterMs)
      this.#ready.catch(() => {})
    }
    const error = this.#errorOf(facts, quarantined && loading)
    this.#pending.failAll(error)
    this.#options.onDeath?.({ name: this.name, pid, deaths: this.#policy.deaths, quarantined, ...facts })
    return error
  }

  #errorOf({ reason, outOfMemory }: Pick<EngineDeath, 'reason' | 'outOfMemory'>, isUseless: boolean): VigiaError {
    if (outOfMemory) return engineOutOfMemory(this.name, reason)
    return isUseless ? engineQuarantined(this.name, this.#policy.deaths) : engineCrashed(this.name, reason)
  }

  #restartAfter(delayMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#boot().then(resolve, reject), delayMs)
      this.#cancelRestart = () => {
        clearTimeout(timer)
        reject(engineUnavailable(this.name, 'was stopped'))
      }
    })
  }

  /** Waits until a restart under way has ended one way or the other. */
  async #untilRestarted(): Promise<void> {
    await this.#ready.catch((error: unknown) => {
      if (this.#state !== 'waiting' && this.#state !== 'ready') throw error
    })
  }

  async #untilReady(): Promise<void> {
    while (this.#state !== 'ready') {
      if (this.#state === 'closed') throw engineUnavailable(this.name, 'was stopped')
      if (this.#state === 'quarantined') this.#probe()
      await this.#untilRestarted()
    }
  }

  /** After the quarantine one start is tried; until then calls are refused. */
  #probe(): void {
    if (this.#now() < this.#quarantinedUntil) throw engineQuarantined(this.name, this.#policy.deaths)
    this.#ready = this.#boot()
    this.#ready.catch(() => {})
  }

  #send(message: ToChild): void {
    // A closed channel is reported by the exit event, which fails the calls in flight.
    if (this.#child?.connected) this.#child.send(message, () => {})
  }

  /** Ends the child; calls that come before it is gone wait for the next one. */
  #kill(): void {
    if (this.#state === 'ready') {
      this.#state = 'waiting'
      this.#ready = this.#exited
    }
    this.#child?.kill('SIGKILL')
  }
}

const isOutOfMemory = (error: unknown): boolean => VigiaError.is(error) && error.code === 'out_of_memory'
