/** Reads bits, most significant first. */
export class BitReader {
  readonly #bytes: Uint8Array
  #at: number
  /** Bits not yet given out are the lowest `#count` of `#held`. */
  #held = 0
  #count = 0

  constructor(bytes: Uint8Array, from = 0) {
    this.#bytes = bytes
    this.#at = from
  }

  /** An unsigned number of 0–33 bits. @throws RangeError past the end */
  read(bits: number): number {
    if (bits > 24) return this.read(bits - 16) * 65_536 + this.read(16)
    while (this.#count < bits) this.#fill()
    this.#count -= bits
    return (this.#held >>> this.#count) & ((1 << bits) - 1)
  }

  /** Two's complement. */
  readSigned(bits: number): number {
    const value = this.read(bits)
    return bits > 0 && value >= 2 ** (bits - 1) ? value - 2 ** bits : value
  }

  /** Number of zeros before the next one, which is read too. */
  readUnary(): number {
    let zeros = 0
    for (;;) {
      if (this.#count === 0) this.#fill()
      const aligned = this.#held << (32 - this.#count)
      const leading = aligned === 0 ? this.#count : Math.min(Math.clz32(aligned), this.#count)
      zeros += leading
      this.#count -= leading
      if (this.#count > 0) {
        this.#count--
        return zeros
      }
    }
  }

  #fill(): void {
    if (this.#at >= this.#bytes.length) throw new RangeError('past the end of the bits')
    this.#held = ((this.#held << 8) | this.#bytes[this.#at++]!) >>> 0
    this.#count += 8
  }
}
