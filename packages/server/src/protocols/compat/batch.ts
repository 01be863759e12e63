/** Gathers what is added in one go of the event loop, and hands it on together. */
export class Batch<T> {
  readonly #take: (items: T[]) => void
  #items: T[] = []
  #waiting: NodeJS.Immediate | null = null

  constructor(take: (items: T[]) => void) {
    this.#take = take
  }

  add(item: T): void {
    this.#items.push(item)
    this.#waiting ??= setImmediate(() => this.flush())
  }

  /** Hands on at once what was added so far. */
  flush(): void {
    if (this.#waiting) clearImmediate(this.#waiting)
    this.#waiting = null
    const items = this.#items.splice(0)
    if (items.length > 0) this.#take(items)
  }
}
