/**
 * One setting that several pieces of work share: work with the same value runs side by side, work with another waits
 * until those before it have ended. Order of arrival is kept, so that nobody waits for ever.
 */
export class SharedSetting<T> {
  readonly #apply: (value: T) => void
  #current: string | null = null
  #running = 0
  readonly #waiting: { key: string; value: T; start: () => void }[] = []

  /** @param apply - called before the first work with a value, when no work runs */
  constructor(apply: (value: T) => void) {
    this.#apply = apply
  }

  /** @param value - undefined takes whatever is set */
  async use<R>(value: T | undefined, work: () => Promise<R>): Promise<R> {
    if (value === undefined) return work()
    const key = JSON.stringify(value)
    await new Promise<void>((start) => {
      this.#waiting.push({ key, value, start })
      this.#advance()
    })
    try {
      return await work()
    } finally {
      this.#running -= 1
      this.#advance()
    }
  }

  #advance(): void {
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      if (first.key !== this.#current) {
        if (this.#running > 0) return
        this.#apply(first.value)
        this.#current = first.key
      }
      this.#waiting.shift()
      this.#running += 1
      first.start()
    }
  }
}
