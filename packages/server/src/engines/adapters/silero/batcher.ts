import { VigiaError } from '@vigia/protocol'
import { AudioRefused } from '../../audio-refused.ts'
import { DEATHS_BY_POISON } from '../../host/poison-guard.ts'
import { isDeath } from '../../host/retry-once.ts'
import { VAD_WINDOW, type VadStream } from '../../vad.ts'
import { CONTEXT, freshState, pack, STATE, type StreamState, type VadBatch, type VadScores } from './batch.ts'
import { PoisonWindows } from './poison-windows.ts'

/**
 * Collects the windows of all streams into batches. At most one batch is under way; what comes meanwhile forms the
 * next one, so the batch grows with the load. Batch 32 costs a third of batch 1 per stream.
 */

/** Windows of one stream in one batch (1.02 s): a long recording scored in one call must not hold up live streams. */
const MAX_WINDOWS_PER_TURN = 32
/** Windows of a stream that are refused behind poison (1 s). */
const MUTED_WINDOWS = 32
/** Streams in one batch. */
const MAX_STREAMS = 64
/** Windows waiting over all streams (about 4.5 h of audio). */
const MAX_WAITING_WINDOWS = 512 * 1024

interface Job {
  stream: StreamState
  samples: Int16Array
  /** Windows scored so far. */
  done: number
  scores: Float32Array
  closed: boolean
  resolve(scores: Float32Array): void
  reject(error: unknown): void
}

export type Infer = (batch: VadBatch) => Promise<VadScores>

export class VadBatcher {
  readonly #infer: Infer
  /** Jobs by stream in order of arrival; only the first of a stream runs. */
  readonly #queues = new Map<StreamState, Job[]>()
  #waitingWindows = 0
  #running = false
  readonly #poison = new PoisonWindows()
  /** Windows of a stream that are still refused behind poison. */
  readonly #muted = new WeakMap<StreamState, number>()
  readonly #onPoison: (deaths: number) => void

  /**
   * @param infer - what ends the process under it is given once more, each stream by itself
   * @param onPoison - told when windows were found out, with the deaths they caused
   */
  constructor(infer: Infer, onPoison: (deaths: number) => void = () => {}) {
    this.#infer = infer
    this.#onPoison = onPoison
  }

  open(): VadStream {
    const stream = freshState()
    return {
      score: (windows) => this.#score(stream, windows),
      [Symbol.dispose]: () => this.#close(stream),
    }
  }

  #score(stream: StreamState, windows: Int16Array): Promise<Float32Array> {
    const count = windows.length / VAD_WINDOW
    if (!Number.isInteger(count))
      throw new VigiaError('vad_failed', `Expected whole windows of ${VAD_WINDOW} samples, got ${windows.length} samples.`)
    if (count === 0) return Promise.resolve(new Float32Array(0))
    if (this.#waitingWindows + count > MAX_WAITING_WINDOWS)
      throw new VigiaError('vad_failed', `More than ${MAX_WAITING_WINDOWS} windows are waiting to be scored.`, {
        hint: 'Score a long recording in pieces, one after the other.',
      })
    this.#waitingWindows += count
    const { promise, resolve, reject } = Promise.withResolvers<Float32Array>()
    const job = { stream, samples: windows.slice(), done: 0, scores: new Float32Array(count), closed: false, resolve, reject }
    const queue = this.#queues.get(stream)
    if (queue) queue.push(job)
    else this.#queues.set(stream, [job])
    this.#wake()
    return promise
  }

  /** Starts the pump after this turn of the event loop, so that streams fed in the same turn share a batch. */
  #wake(): void {
    if (this.#running) return
    this.#running = true
    setImmediate(() => void this.#pump())
  }

  async #pump(): Promise<void> {
    while (this.#queues.size > 0) await this.#runBatch(this.#nextJobs())
    this.#running = false
  }

  /** The streams at the head of the line, most windows first. */
  #nextJobs(): Job[] {
    const jobs: Job[] = []
    for (const queue of this.#queues.values()) {
      if (jobs.length === MAX_STREAMS) break
      jobs.push(queue[0]!)
    }
    return jobs.sort((a, b) => turnLength(b) - turnLength(a))
  }

  async #runBatch(all: Job[]): Promise<void> {
    const jobs = all.filter((job) => !this.#isRefused(job))
    for (const job of all) if (!jobs.includes(job)) this.#fail(job, refused())
    if (jobs.length === 0) return
    try {
      await this.#together(jobs)
    } catch (error) {
      if (isDeath(error)) for (const job of jobs) await this.#alone(job)
      else for (const job of jobs) this.#fail(job, error)
    }
  }

  /** What follows poison within a second of its stream is taken for part of it: live sound comes in small pieces. */
  #isRefused(job: Job): boolean {
    const muted = this.#muted.get(job.stream) ?? 0
    const known = this.#poison.has(turnSamples(job))
    if (known) this.#muted.set(job.stream, MUTED_WINDOWS)
    else if (muted > 0) this.#muted.set(job.stream, muted - turnLength(job))
    return known || muted > 0
  }

  /** After a death: what ends the process once more is not tried again. */
  async #alone(job: Job): Promise<void> {
    if (job.closed) return
    try {
      await this.#together([job])
    } catch (error) {
      if (!isDeath(error)) return this.#fail(job, error)
      this.#poison.add(turnSamples(job))
      this.#muted.set(job.stream, MUTED_WINDOWS)
      this.#onPoison(DEATHS_BY_POISON)
      this.#fail(job, refused(error))
    }
  }

  async #together(jobs: readonly Job[]): Promise<void> {
    const items = jobs.map((job) => ({ ...job.stream, windows: turnSamples(job) }))
    const scores = await this.#infer(pack(items))
    let at = 0
    for (const [index, job] of jobs.entries()) {
      const count = items[index]!.windows.length / VAD_WINDOW
      job.scores.set(scores.probabilities.subarray(at, at + count), job.done)
      at += count
      job.stream.state = scores.states.slice(index * STATE, (index + 1) * STATE)
      job.stream.context = items[index]!.windows.slice(-CONTEXT)
      this.#advance(job, count)
    }
  }

  #advance(job: Job, count: number): void {
    if (job.closed) return
    job.done += count
    this.#waitingWindows -= count
    if (job.done === job.scores.length) {
      this.#next(job)
      job.resolve(job.scores)
    } else this.#rotate(job.stream)
  }

  #fail(job: Job, error: unknown): void {
    if (job.closed) return
    this.#waitingWindows -= job.scores.length - job.done
    this.#next(job)
    Object.assign(job.stream, freshState())
    job.reject(error)
  }

  /** Takes a finished job off its stream; the stream goes to the end of the line. */
  #next(job: Job): void {
    const queue = this.#queues.get(job.stream)
    if (queue?.[0] !== job) return
    queue.shift()
    if (queue.length === 0) this.#queues.delete(job.stream)
    else this.#rotate(job.stream)
  }

  #rotate(stream: StreamState): void {
    const queue = this.#queues.get(stream)
    if (!queue) return
    this.#queues.delete(stream)
    this.#queues.set(stream, queue)
  }

  #close(stream: StreamState): void {
    const queue = this.#queues.get(stream)
    if (!queue) return
    this.#queues.delete(stream)
    for (const job of queue) {
      job.closed = true
      this.#waitingWindows -= job.scores.length - job.done
      job.reject(new VigiaError('vad_failed', 'The stream was closed while windows were waiting.'))
    }
  }
}

const refused = (cause?: unknown): AudioRefused =>
  new AudioRefused('vad_failed', 'This second of audio ended the voice detector twice; it is not tried again.', {
    hint: 'What is around it is heard, and in the final transcript it counts as speech.',
    cause,
  })

const turnLength = (job: Job): number => Math.min(MAX_WINDOWS_PER_TURN, job.scores.length - job.done)
const turnSamples = (job: Job): Int16Array =>
  job.samples.subarray(job.done * VAD_WINDOW, (job.done + turnLength(job)) * VAD_WINDOW)
