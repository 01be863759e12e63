/** Bytes that wait for the rest of a frame: appended at the end, consumed from the front. Its owner keeps it short. */
export class ByteBuffer {
  #bytes = new Uint8Array(4096)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  /** The waiting bytes; valid until the next `append`. */
  get view(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#end)
    this.#end += bytes.length
  }

  consume(count: number): void {
    this.#start = Math.min(this.#start + count, this.#end)
  }

  #reserve(count: number): void {
    if (this.#end + count <= this.#bytes.length) return
    const kept = this.view
    const target = kept.length + count <= this.#bytes.length ? this.#bytes : new Uint8Array(2 * (kept.length + count))
    if (target === this.#bytes) target.copyWithin(0, this.#start, this.#end)
    else target.set(kept)
    this.#bytes = target
    this.#start = 0
    this.#end = kept.length
  }
}
