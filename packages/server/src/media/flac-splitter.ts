import { ByteBuffer } from './byte-buffer.ts'
import { flacCrc16 } from './flac-crc.ts'
import { type FlacFrameHeader, type FlacStreamInfo, parseFrameHeader } from './flac-header.ts'
import { MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './resample.ts'

/** Largest frame: 65 535 samples of two channels of 24 bits, stored plainly. */
const MAX_FRAME = 65_535 * 6 + 64
export interface FlacFrame {
  header: FlacFrameHeader
  bytes: Uint8Array
  /** Damaged bytes before it. */
  skipped: number
}

/**
 * Cuts a stream into frames whose checksum is right. FLAC does not say how long a frame is: it lasts until the next header
 * at which the checksum fits, so each frame waits for the beginning of the next. A header that has its own checksum and the
 * stream's rate, width and channels does not come by chance (2^-30 per byte): where the frame's checksum does not fit, the frame is damaged.
 */
export class FlacSplitter {
  readonly #buffer = new ByteBuffer()
  #stream: FlacStreamInfo | null
  #current: FlacFrameHeader | null = null
  /** The checksum of the current frame covers `[0, #scanned)`. */
  #scanned = 0
  #crc = 0
  #skipped = 0

  constructor(stream: FlacStreamInfo | null) {
    this.#stream = stream
  }

  /** Damaged bytes since the last frame. */
  get skipped(): number {
    return this.#skipped
  }

  append(bytes: Uint8Array): void {
    this.#buffer.append(bytes)
  }

  /** The next frame; null until more comes. Its bytes are valid until the next `append`. */
  next(): FlacFrame | null {
    for (;;) {
      if (!this.#current && !this.#seek()) return null
      const verdict = this.#scan()
      if (verdict === 'wait') return null
      if (verdict === 'frame') return this.#take(this.#scanned)
      this.#drop(verdict === 'damaged' ? this.#scanned : 1)
    }
  }

  /** The stream is over: what waits is a frame if its checksum fits. */
  end(): FlacFrame | null {
    for (;;) {
      const frame = this.next()
      if (frame) return frame
      if (this.#buffer.length === 0) return null
      if (this.#current && this.#crcUpTo(this.#buffer.length) === 0) return this.#take(this.#buffer.length)
      this.#drop(1)
    }
  }

  /** Moves to the next header. */
  #seek(): boolean {
    for (;;) {
      const at = this.#buffer.view.indexOf(0xff)
      this.#drop(at < 0 ? this.#buffer.length : at)
      const header = this.#header(0)
      if (header === null) return false
      if (header !== 'invalid') {
        this.#current = header
        return true
      }
      this.#drop(1)
    }
  }

  #scan(): 'frame' | 'damaged' | 'too long' | 'wait' {
    const view = this.#buffer.view
    for (let at = view.indexOf(0xff, Math.max(this.#scanned, 2)); at >= 0; at = view.indexOf(0xff, at + 1)) {
      const header = this.#header(at)
      if (header === null) return this.#waitAt(at)
      if (header === 'invalid') continue
      return this.#crcUpTo(at) === 0 ? 'frame' : 'damaged'
    }
    return this.#waitAt(view.length)
  }

  #waitAt(at: number): 'wait' | 'too long' {
    this.#crcUpTo(at)
    return at > MAX_FRAME ? 'too long' : 'wait'
  }

  #crcUpTo(at: number): number {
    if (at > this.#scanned) {
      this.#crc = flacCrc16(this.#buffer.view, this.#scanned, at, this.#crc)
      this.#scanned = at
    }
    return this.#crc
  }

  /** A header like those of this stream. */
  #header(at: number): FlacFrameHeader | null | 'invalid' {
    const header = parseFrameHeader(this.#buffer.view, at, this.#stream)
    if (header === null || header === 'invalid') return header
    const { sampleRate, channels, bitsPerSample } = header
    const known = this.#stream
    const fits =
      !known || (sampleRate === known.sampleRate && channels === known.channels && bitsPerSample === known.bitsPerSample)
    return fits && sampleRate >= MIN_SAMPLE_RATE && sampleRate <= MAX_SAMPLE_RATE ? header : 'invalid'
  }

  #take(length: number): FlacFrame {
    const header = this.#current!
    const frame = { header, bytes: this.#buffer.view.subarray(0, length), skipped: this.#skipped }
    this.#stream ??= { sampleRate: header.sampleRate, channels: header.channels, bitsPerSample: header.bitsPerSample }
    this.#forget(length)
    this.#skipped = 0
    return frame
  }

  #drop(count: number): void {
    if (count === 0) return
    this.#forget(count)
    this.#skipped += count
  }

  #forget(count: number): void {
    this.#buffer.consume(count)
    this.#current = null
    this.#scanned = 0
    this.#crc = 0
  }
}
