/** Bounds-checked big- and little-endian reads over a photo's header; reading past the end gives null, never throws. */
export class ByteView {
  readonly #view: DataView
  readonly #bytes: Uint8Array
  readonly length: number

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.length = bytes.byteLength
  }

  u8(at: number): number | null {
    return this.#has(at, 1) ? this.#view.getUint8(at) : null
  }
  u16(at: number, littleEndian = false): number | null {
    return this.#has(at, 2) ? this.#view.getUint16(at, littleEndian) : null
  }
  u24le(at: number): number | null {
    const low = this.u16(at, true)
    const high = this.u8(at + 2)
    return low === null || high === null ? null : low | (high << 16)
  }
  u32(at: number, littleEndian = false): number | null {
    return this.#has(at, 4) ? this.#view.getUint32(at, littleEndian) : null
  }
  /** `length` bytes as Latin-1 text. */
  text(at: number, length: number): string | null {
    return this.#has(at, length) ? String.fromCharCode(...this.#bytes.subarray(at, at + length)) : null
  }

  #has(at: number, size: number): boolean {
    return at >= 0 && at + size <= this.length
  }
}
