/** Lets tasks run together while their weights stay within a budget, in order of arrival: nothing heavy is passed by for ever. */
export class WeightedSemaphore {
  readonly #budget: number
  readonly #maxTasks: number
  readonly #waiting: { weight: number; start: () => void }[] = []
  #held = 0
  #running = 0

  /** @param maxTasks - tasks that run at the same time, whatever they weigh */
  constructor(budget: number, maxTasks: number) {
    this.#budget = budget
    this.#maxTasks = maxTasks
  }

  /** Tasks that run now. */
  get running(): number {
    return this.#running
  }

  /** Runs `task` when there is room for it; one that weighs the whole budget or more runs alone. An abort while waiting gives up the place. */
  async run<T>(weight: number, task: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    const share = Math.min(weight, this.#budget)
    await this.#enter(share, signal)
    try {
      return await task()
    } finally {
      this.#held -= share
      this.#running -= 1
      this.#admit()
    }
  }

  #enter(weight: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(place), 1)
        reject(signal?.reason)
        this.#admit()
      }
      const start = (): void => {
        signal?.removeEventListener('abort', abort)
        resolve()
      }
      const place = { weight, start }
      this.#waiting.push(place)
      signal?.addEventListener('abort', abort, { once: true })
      this.#admit()
    })
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next && this.#fits(next.weight); next = this.#waiting[0]) {
      this.#waiting.shift()
      this.#held += next.weight
      this.#running += 1
      next.start()
    }
  }

  #fits(weight: number): boolean {
    return this.#running < this.#maxTasks && this.#held + weight <= this.#budget
  }
}
