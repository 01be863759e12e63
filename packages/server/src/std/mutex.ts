/** One at a time, in order of arrival. */
export class Mutex {
  #tail: Promise<unknown> = Promise.resolve()
  #held = 0

  /** True while someone holds it or waits for it. */
  get busy(): boolean {
    return this.#held > 0
  }

  /** Runs `task` when all earlier ones have ended, however they ended. An abort while waiting gives up the place. */
  async run<T>(task: () => Promise<T> | T, signal?: AbortSignal): Promise<T> {
    this.#held++
    const earlier = this.#tail
    const turn = earlier.then(() => {
      signal?.throwIfAborted()
      return task()
    })
    this.#tail = turn.then(
      () => this.#held--,
      () => this.#held--,
    )
    return signal ? abortable(turn, signal) : turn
  }
}

function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
