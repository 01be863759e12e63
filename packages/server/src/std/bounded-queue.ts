export interface BoundedQueueOptions<T> {
  /** Most items, or most units where `sizeOf` is given, that wait at once. */
  capacity: number
  /** Units of one item; 1 by default. Bytes or milliseconds are usual. */
  sizeOf?: (item: T) => number
  /**
   * When full: `reject` (the default) makes `push` answer false, `drop_oldest` makes room, a function gives the error that `push` throws.
   */
  overflow?: 'reject' | 'drop_oldest' | (() => Error)
}

/**
 * Push meets pull: a queue with a bound, read as an async iterable by one consumer.
 * An item larger than the whole capacity is taken when the queue is empty, so that no item can block it for good.
 */
export class BoundedQueue<T> implements AsyncIterable<T> {
  readonly #options: BoundedQueueOptions<T>
  #items: T[] = []
  #head = 0
  #size = 0
  #dropped = 0
  #closed = false
  #failure: { reason: unknown } | null = null
  #wake: (() => void) | null = null

  constructor(options: BoundedQueueOptions<T>) {
    this.#options = options
  }

  /** Items that wait. */
  get length(): number {
    return this.#items.length - this.#head
  }

  /** Units that wait. */
  get size(): number {
    return this.#size
  }

  /** Items thrown away by `drop_oldest`. */
  get dropped(): number {
    return this.#dropped
  }

  get closed(): boolean {
    return this.#closed
  }

  /** False when the queue is full or closed: the item was not taken. @throws the error of `overflow` when that is a function and it is full */
  push(item: T): boolean {
    if (this.#closed) return false
    const size = this.#sizeOf(item)
    if (!this.#makeRoom(size)) return false
    this.#items.push(item)
    this.#size += size
    this.#notify()
    return true
  }

  /** No more items; the consumer ends after those that wait. */
  close(): void {
    this.#closed = true
    this.#notify()
  }

  /** Drops what waits; the consumer's next pull rejects with `reason`. */
  abort(reason: unknown): void {
    this.#failure ??= { reason }
    this.#closed = true
    this.clear()
    this.#notify()
  }

  /** Takes all that waits without ending the queue. */
  clear(): T[] {
    const items = this.#items.slice(this.#head)
    this.#items = []
    this.#head = 0
    this.#size = 0
    return items
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, void> {
    for (;;) {
      if (this.#failure) throw this.#failure.reason
      if (this.length > 0) yield this.#shift()
      else if (this.#closed) return
      else await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  #makeRoom(size: number): boolean {
    const { capacity, overflow = 'reject' } = this.#options
    const fits = (): boolean => this.length === 0 || this.#size + size <= capacity
    if (fits()) return true
    if (typeof overflow === 'function') throw overflow()
    if (overflow === 'reject') return false
    while (!fits()) {
      this.#shift()
      this.#dropped++
    }
    return true
  }

  #shift(): T {
    const item = this.#items[this.#head] as T
    this.#items[this.#head++] = undefined as T
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    this.#size -= this.#sizeOf(item)
    return item
  }

  #sizeOf(item: T): number {
    return this.#options.sizeOf?.(item) ?? 1
  }

  #notify(): void {
    const wake = this.#wake
    this.#wake = null
    wake?.()
  }
}
