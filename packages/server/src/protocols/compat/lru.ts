/** A map that forgets what was used longest ago: above so many entries, or so many bytes of them. */
export class Lru<K, V> {
  readonly #entries = new Map<K, V>()
  readonly #capacity: number
  readonly #bytesOf: (value: V) => number
  readonly #maxBytes: number
  #bytes = 0

  /** @param bytesOf - what an entry takes; it must not change while the entry is kept */
  constructor(capacity: number, { bytesOf = () => 0, maxBytes = 0 }: { bytesOf?: (value: V) => number; maxBytes?: number } = {}) {
    this.#capacity = capacity
    this.#bytesOf = bytesOf
    this.#maxBytes = maxBytes
  }

  get(key: K): V | undefined {
    const value = this.#entries.get(key)
    if (value === undefined) return undefined
    this.#entries.delete(key)
    this.#entries.set(key, value)
    return value
  }

  set(key: K, value: V): void {
    this.delete(key)
    this.#entries.set(key, value)
    this.#bytes += this.#bytesOf(value)
    while (this.#entries.size > this.#capacity || this.#bytes > this.#maxBytes)
      this.delete(this.#entries.keys().next().value as K)
  }

  delete(key: K): void {
    const value = this.#entries.get(key)
    if (value === undefined) return
    this.#entries.delete(key)
    this.#bytes -= this.#bytesOf(value)
  }

  get size(): number {
    return this.#entries.size
  }
}
