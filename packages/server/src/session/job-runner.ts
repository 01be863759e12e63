import { toErrorBody } from '@vigia/protocol'
import type { Clock } from '../std/clock.ts'
import type { Job, Store } from '../store/store.ts'

/**
 * Runs durable jobs of the store: at-least-once, a bounded number at a time, retried with back-off. A job that a crash
 * left behind is claimed again when its lease has lapsed.
 */

export interface JobHandler {
  run(job: Job, signal: AbortSignal): Promise<void>
  /** Called when the last try failed: leave the session in an honest state. */
  giveUp(job: Job, error: unknown): Promise<void>
}

export interface JobRunnerOptions {
  jobs: Store['jobs']
  clock: Clock
  handlers: Readonly<Record<string, JobHandler>>
  parallel: number
  maxAttempts?: number
  /** Waits before the second, third … try. */
  retryMs?: readonly number[]
  leaseMs?: number
  onError?: (job: Job, code: string) => void
}

export class JobRunner implements AsyncDisposable {
  readonly #options: Required<JobRunnerOptions>
  readonly #running = new Map<number, { sessionId: string; abort: AbortController; done: Promise<void> }>()
  readonly #stopPolling: () => void
  #claiming: Promise<void> | null = null
  #again = false
  #stopped = false

  constructor(options: JobRunnerOptions) {
    this.#options = { maxAttempts: 3, retryMs: [1000, 5000], leaseMs: 60_000, onError: () => {}, ...options }
    this.#stopPolling = options.clock.setInterval(() => this.kick(), 5000)
  }

  /** Looks for work now. */
  kick(): void {
    this.#again = true
    this.#claiming ??= this.#claim()
      .catch(() => {})
      .finally(() => {
        this.#claiming = null
        if (this.#again && !this.#stopped) this.kick()
      })
  }

  /** Stops the running jobs of a session and waits for them. */
  async cancel(sessionId: string, reason: Error): Promise<void> {
    const jobs = [...this.#running.values()].filter((job) => job.sessionId === sessionId)
    for (const job of jobs) job.abort.abort(reason)
    await Promise.all(jobs.map((job) => job.done))
  }

  get running(): number {
    return this.#running.size
  }

  async #claim(): Promise<void> {
    while (this.#again) {
      this.#again = false
      while (!this.#stopped && this.#running.size < this.#options.parallel) {
        const job = await this.#options.jobs.claim(Object.keys(this.#options.handlers), this.#options.leaseMs)
        if (!job) break
        this.#start(job)
      }
    }
  }

  #start(job: Job): void {
    const abort = new AbortController()
    const { clock, jobs, leaseMs } = this.#options
    const stopLease = clock.setInterval(() => void jobs.extend(job.id, leaseMs).catch(() => {}), leaseMs / 3)
    const done = this.#run(job, abort.signal).finally(() => {
      stopLease()
      this.#running.delete(job.id)
      this.kick()
    })
    this.#running.set(job.id, { sessionId: job.sessionId, abort, done })
  }

  async #run(job: Job, signal: AbortSignal): Promise<void> {
    const { jobs, handlers, maxAttempts, retryMs, onError } = this.#options
    const handler = handlers[job.kind]!
    try {
      await handler.run(job, signal)
      await jobs.done(job.id)
    } catch (error) {
      if (this.#stopped) return // the lease lapses; the next start takes it up
      if (signal.aborted) {
        await jobs.done(job.id).catch(() => {})
        return
      }
      const code = toErrorBody(error).code
      onError(job, code)
      const last = job.attempts >= maxAttempts || !toErrorBody(error).retryable
      if (last) await handler.giveUp(job, error).catch(() => {})
      await jobs.fail(job.id, code, last ? null : (retryMs[job.attempts - 1] ?? retryMs.at(-1) ?? 1000)).catch(() => {})
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true
    this.#stopPolling()
    await this.#claiming
    const reason = new Error('the server stops')
    for (const job of this.#running.values()) job.abort.abort(reason)
    await Promise.all([...this.#running.values()].map((job) => job.done))
  }
}
