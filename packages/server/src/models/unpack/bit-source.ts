import { VigiaError } from '@vigia/protocol'

/** Reads bits, most significant first, from chunks that arrive one after the other. */
export class BitSource {
  readonly #chunks: Iterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #at = 0
  #bits = 0
  #count = 0

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]()
  }

  /** @param count - 1 to 24 */
  read(count: number): number {
    while (this.#count < count) {
      this.#bits = ((this.#bits << 8) | this.#byte()) >>> 0
      this.#count += 8
    }
    this.#count -= count
    const value = (this.#bits >>> this.#count) & (2 ** count - 1)
    this.#bits &= 2 ** this.#count - 1
    return value
  }

  bit(): number {
    return this.read(1)
  }

  /** Skips to the next whole byte. */
  align(): void {
    this.#count -= this.#count % 8
    this.#bits &= 2 ** this.#count - 1
  }

  /** True when no byte is left. */
  get ended(): boolean {
    if (this.#count >= 8) return false
    return !this.#fill()
  }

  #byte(): number {
    if (!this.#fill()) throw new VigiaError('model_invalid', 'The archive ends in the middle.')
    return this.#chunk[this.#at++]!
  }

  #fill(): boolean {
    while (this.#at >= this.#chunk.length) {
      const { value, done } = this.#chunks.next()
      if (done) return false
      this.#chunk = value
      this.#at = 0
    }
    return true
  }
}
