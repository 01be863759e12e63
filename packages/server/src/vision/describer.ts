import { VigiaError } from '@vigia/protocol'
import type { ObservationDraft, Vision, VisionRequest } from '../engines/vision.ts'
import type { Clock } from '../std/clock.ts'
import { FrameQueue } from './frame-queue.ts'

/**
 * Runs the vision engine: as many photos at a time as it declares, groups in turn. Of a session one photo is described at a time
 * and the newest comes next, so that what is said of it never goes back in time.
 */

export interface DescriberOptions {
  vision: Vision
  clock: Clock
  /** Photos that may wait, over all groups. */
  maxWaiting: number
  /** Longest time one photo may take. */
  deadlineMs: number
}

export interface Described {
  draft: ObservationDraft
  queuedMs: number
  modelMs: number
}

interface Task {
  group: string
  /** Whether the next photo of the group waits for this one. */
  alone: boolean
  request: VisionRequest
  enqueuedMs: number
  resolve: (described: Described) => void
  reject: (error: unknown) => void
}

export class Describer implements AsyncDisposable {
  readonly #options: DescriberOptions
  readonly #queue: FrameQueue<Task>
  readonly #running = new Set<Promise<void>>()
  /** Groups that wait for their photo under way. */
  readonly #busy = new Set<string>()
  readonly #closing = new AbortController()

  constructor(options: DescriberOptions) {
    this.#options = options
    this.#queue = new FrameQueue(options.maxWaiting)
  }

  /** Photos that wait for the engine. */
  get waiting(): number {
    return this.#queue.waiting
  }

  /**
   * @param group - a session, or a client without one
   * @param depth - how many photos of the group may wait; with 1 a newer one replaces it, and one is described at a time
   * @throws VigiaError `vision_superseded`, `rate_limited`, `engine_timeout`, `aborted` and those of `Vision.describe`
   */
  describe(group: string, depth: number, request: VisionRequest): Promise<Described> {
    return new Promise((resolve, reject) => {
      if (this.#closing.signal.aborted) return reject(closed())
      const task = { group, alone: depth === 1, request, enqueuedMs: this.#options.clock.now(), resolve, reject }
      const added = this.#queue.put(group, task, depth)
      if (added === 'full') return reject(full(this.#queue.waiting))
      added.replaced?.reject(superseded())
      this.#pump()
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(closed())
    for (let task = this.#queue.take(); task; task = this.#queue.take()) task.reject(closed())
    await Promise.all(this.#running)
  }

  #pump(): void {
    while (this.#running.size < (this.#options.vision.parallel ?? 1)) {
      const task = this.#queue.take((group) => !this.#busy.has(group))
      if (!task) return
      if (task.alone) this.#busy.add(task.group)
      const run = this.#run(task).finally(() => {
        this.#running.delete(run)
        if (task.alone) this.#busy.delete(task.group)
        this.#pump()
      })
      this.#running.add(run)
    }
  }

  async #run(task: Task): Promise<void> {
    const { vision, clock, deadlineMs } = this.#options
    const startedMs = clock.now()
    const deadline = new AbortController()
    const cancel = clock.setTimeout(() => deadline.abort(timedOut(deadlineMs)), deadlineMs)
    const signal = AbortSignal.any([deadline.signal, this.#closing.signal])
    try {
      const draft = await abortable(vision.describe(task.request, signal), signal)
      task.resolve({ draft, queuedMs: Math.round(startedMs - task.enqueuedMs), modelMs: Math.round(clock.now() - startedMs) })
    } catch (error) {
      task.reject(error)
    } finally {
      cancel()
    }
  }
}

/** Rejects with the signal's reason even where the engine does not listen to it. */
function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

const closed = () => new VigiaError('aborted', 'The server is stopping; the photo is stored and was not described.')

const superseded = () =>
  new VigiaError('vision_superseded', 'A newer photo of the session came before this one was described.', {
    hint: 'The photo is stored; send fewer photos, or without session_id to have each one described.',
  })

const full = (waiting: number) =>
  new VigiaError('rate_limited', `Too many photos wait to be described (${waiting}).`, {
    hint: 'The photo is stored; send the next one later.',
  })

const timedOut = (ms: number) => new VigiaError('engine_timeout', `The vision engine did not answer within ${ms} ms.`)
