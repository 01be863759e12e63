/**
 * A bounded queue that is read as an async iterable. When its reader falls behind, the oldest events that `expendable`
 * names go first, then the oldest of all; `dropped` counts them.
 */
export class EventStream<T> implements AsyncIterable<T> {
  dropped = 0
  readonly #max: number
  readonly #expendable: (event: T) => boolean
  readonly #queue: T[] = []
  #ended = false
  #wake: (() => void) | null = null

  constructor(options: { max?: number; expendable?: (event: T) => boolean } = {}) {
    this.#max = options.max ?? 1000
    this.#expendable = options.expendable ?? (() => false)
  }

  push(event: T): void {
    if (this.#ended) return
    this.#queue.push(event)
    if (this.#queue.length > this.#max) {
      const at = this.#queue.findIndex(this.#expendable)
      this.#queue.splice(Math.max(0, at), 1)
      this.dropped += 1
    }
    this.#wake?.()
  }

  /** No more events; what is queued can still be read. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#queue.length > 0) yield this.#queue.shift()!
      if (this.#ended) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = null
    }
  }
}
