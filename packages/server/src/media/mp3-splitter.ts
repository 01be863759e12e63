import { ByteBuffer } from './byte-buffer.ts'
import { ascii } from './bytes.ts'
import { type Mp3FrameHeader, parseMp3Header } from './mp3-header.ts'

export interface Mp3Frame {
  header: Mp3FrameHeader
  bytes: Uint8Array
  /** Damaged bytes before it. */
  skipped: number
}

const ID3V2_HEADER = 10
const ID3V1_BYTES = 128
const LETTER_I = 0x49
const LETTER_T = 0x54

/** Cuts an MP3 stream into frames, passing over tags. After damage a frame counts only when another follows it. */
export class Mp3Splitter {
  readonly #buffer = new ByteBuffer()
  /** Bytes of a tag that are passed over. */
  #passing = 0
  #skipped = 0
  #synced = false
  #kind: number | null = null

  /** Damaged bytes since the last frame. */
  get skipped(): number {
    return this.#skipped
  }

  get waiting(): Uint8Array {
    return this.#buffer.view
  }

  append(bytes: Uint8Array): void {
    const passed = Math.min(this.#passing, bytes.length)
    this.#passing -= passed
    this.#buffer.append(bytes.subarray(passed))
  }

  /** The next frame; null until more comes. Its bytes are valid until the next `append`. @param final - the stream is over */
  next(final = false): Mp3Frame | null {
    for (;;) {
      const view = this.#buffer.view
      if (view.length < ID3V2_HEADER && !final) return null
      if (view.length < 4) {
        if (final) this.#skip(view.length)
        return null
      }
      const tag = tagLength(view)
      if (tag > 0) this.#pass(tag)
      else {
        const verdict = this.#judge(view, final)
        if (verdict === 'wait') return null
        if (verdict !== 'no') return verdict
        this.#resync(view)
      }
    }
  }

  #judge(view: Uint8Array, final: boolean): Mp3Frame | 'wait' | 'no' {
    const header = parseMp3Header(view, 0)
    if (!header || (this.#kind !== null && header.kind !== this.#kind)) return 'no'
    if (view.length < header.length) return final ? 'no' : 'wait'
    if (this.#synced) return this.#take(header)
    if (view.length < header.length + 4) return final ? this.#take(header) : 'wait'
    const next = parseMp3Header(view, header.length)
    return next?.kind === header.kind ? this.#take(header) : 'no'
  }

  #take(header: Mp3FrameHeader): Mp3Frame {
    const frame = { header, bytes: this.#buffer.view.subarray(0, header.length), skipped: this.#skipped }
    this.#buffer.consume(header.length)
    this.#skipped = 0
    this.#synced = true
    this.#kind = header.kind
    return frame
  }

  #resync(view: Uint8Array): void {
    this.#synced = false
    const at = view.indexOf(0xff, 1)
    this.#skip(at < 0 ? view.length : at)
  }

  #skip(count: number): void {
    this.#buffer.consume(count)
    this.#skipped += count
  }

  #pass(count: number): void {
    const here = Math.min(count, this.#buffer.length)
    this.#buffer.consume(here)
    this.#passing = count - here
  }
}

/** Length of an ID3 tag at the front, 0 when there is none. Its size has seven bits to a byte (ID3v2.4 §3.1). */
function tagLength(view: Uint8Array): number {
  if (view[0] !== LETTER_I && view[0] !== LETTER_T) return 0
  if (ascii(view, 0, 3) === 'TAG') return ID3V1_BYTES
  if (view.length < ID3V2_HEADER || ascii(view, 0, 3) !== 'ID3') return 0
  if (view.subarray(6, 10).some((byte) => byte >= 0x80)) return 0
  return ID3V2_HEADER + ((view[6]! << 21) | (view[7]! << 14) | (view[8]! << 7) | view[9]!)
}
