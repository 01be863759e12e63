import type { Clock } from '../../../std/clock.ts'

/**
 * Holds something heavy only while it is in use: opens it at the first call, disposes it after a time without calls, and opens
 * it again at the next.
 */
export class IdleEngine<T extends AsyncDisposable> implements AsyncDisposable {
  readonly #open: () => Promise<T>
  readonly #clock: Clock
  readonly #idleMs: number
  #engine: Promise<T> | null = null
  #inUse = 0
  #cancel: () => void = () => {}

  constructor(open: () => Promise<T>, idleMs: number, clock: Clock) {
    this.#open = open
    this.#idleMs = idleMs
    this.#clock = clock
  }

  async use<R>(work: (engine: T) => Promise<R>): Promise<R> {
    this.#cancel()
    this.#inUse += 1
    try {
      this.#engine ??= this.#open()
      return await work(await this.#engine.catch((error: unknown) => this.#openingFailed(error)))
    } finally {
      this.#inUse -= 1
      if (this.#inUse === 0) this.#cancel = this.#clock.setTimeout(() => void this.#unload().catch(() => {}), this.#idleMs)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#cancel()
    await this.#unload()
  }

  #openingFailed(error: unknown): never {
    this.#engine = null
    throw error
  }

  async #unload(): Promise<void> {
    const engine = this.#engine
    this.#engine = null
    await (await engine)?.[Symbol.asyncDispose]()
  }
}
