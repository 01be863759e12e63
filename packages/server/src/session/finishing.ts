import { FINALIZE, Finalizer, TRANSCRIBE } from './finalizer.ts'
import { type JobHandler, JobRunner } from './job-runner.ts'
import type { SessionEvent } from './service.ts'
import type { SessionsOptions } from './sessions-options.ts'

/** Ended sessions on their way to transcript and report: one lane in the background, one for transcripts that somebody waits for. */

/** Recordings may always be this long, however short live sessions are kept. */
const MIN_LONGEST_RECORDING_MS = 86_400_000
/** Transcripts that somebody waits for: two, so that a long recording does not hold up a short one. */
const INTERACTIVE_JOBS = 2

export class Finishing implements AsyncDisposable {
  readonly #runners: readonly JobRunner[]

  constructor(options: SessionsOptions, publish: (sessionId: string, event: SessionEvent) => void) {
    const finalizer = new Finalizer({
      ...options,
      maxRecordingMs: Math.max(options.maxMs ?? 0, MIN_LONGEST_RECORDING_MS),
      parallel: options.parallel.spans,
      publish,
    })
    const lane = (kind: string, run: JobHandler['run'], parallel: number): JobRunner =>
      new JobRunner({
        jobs: options.store.jobs,
        clock: options.clock,
        handlers: { [kind]: { run, giveUp: (job, error) => finalizer.giveUp(job, error) } },
        parallel,
        onError: (job, code) => options.onJobError?.(job.sessionId, code),
      })
    const { jobs, interactive = INTERACTIVE_JOBS } = options.parallel
    const transcribe: JobHandler['run'] = async (job, signal) => {
      await finalizer.transcribe(job, signal)
      this.kick()
    }
    this.#runners = [lane(FINALIZE, (job, signal) => finalizer.run(job, signal), jobs), lane(TRANSCRIBE, transcribe, interactive)]
  }

  /** Looks for work now. */
  kick(): void {
    for (const runner of this.#runners) runner.kick()
  }

  /** Stops what is done for a session; resolves when nothing is. */
  async cancel(sessionId: string, reason: Error): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner.cancel(sessionId, reason)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#runners.map((runner) => runner[Symbol.asyncDispose]()))
  }
}
