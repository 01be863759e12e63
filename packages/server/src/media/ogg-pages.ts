import { ByteBuffer } from './byte-buffer.ts'
import { indexOf } from './bytes.ts'
import { oggCrc } from './ogg-crc.ts'

/** One valid page: RFC 3533 §6. */
export interface OggPage {
  /** The first packet began on an earlier page. */
  continued: boolean
  begins: boolean
  ends: boolean
  /** Position at its end in the codec's unit; null where no packet ends here. */
  granule: number | null
  serial: number
  sequence: number
  /** Pieces of packets; all but the last are complete at their end. */
  pieces: Uint8Array[]
  lastIsComplete: boolean
  /** Bytes passed over before it. */
  skipped: number
}

const CAPTURE = Buffer.from('OggS')
const HEADER_BYTES = 27

/** Finds pages in a byte stream. Holds at most one page (65 307 bytes) and what came with it. */
export class OggPageReader {
  readonly #buffer = new ByteBuffer()
  #skipped = 0

  /** Bytes passed over since the last page. */
  get skipped(): number {
    return this.#skipped
  }

  /** What waits for the rest of a page. */
  get waiting(): Uint8Array {
    return this.#buffer.view
  }

  append(bytes: Uint8Array): void {
    this.#buffer.append(bytes)
  }

  /** The next whole valid page; null until more comes. Its pieces are valid until the next `append`. */
  next(): OggPage | null {
    for (;;) {
      if (!this.#seek()) return null
      const length = pageLength(this.#buffer.view)
      if (length === null || this.#buffer.length < length) return null
      const page = this.#buffer.view.subarray(0, length)
      if (isValid(page)) return this.#take(page)
      this.#skip(CAPTURE.length)
    }
  }

  /** Gives up the page that waits, to look for others inside it. False when nothing waits. */
  giveUp(): boolean {
    if (this.#buffer.length === 0) return false
    this.#skip(Math.min(CAPTURE.length, this.#buffer.length))
    return true
  }

  #take(bytes: Uint8Array): OggPage {
    const page = parsePage(bytes, this.#skipped)
    this.#buffer.consume(bytes.length)
    this.#skipped = 0
    return page
  }

  /** Moves to the next capture pattern. */
  #seek(): boolean {
    const view = this.#buffer.view
    const at = indexOf(view, CAPTURE)
    if (at === 0) return true
    this.#skip(at > 0 ? at : view.length - partialCapture(view))
    return at > 0
  }

  #skip(count: number): void {
    this.#buffer.consume(count)
    this.#skipped += count
  }
}

/** How many bytes at the end may be the beginning of a capture pattern. */
function partialCapture(view: Uint8Array): number {
  for (let length = Math.min(3, view.length); length > 0; length--) {
    if (CAPTURE.subarray(0, length).equals(view.subarray(view.length - length))) return length
  }
  return 0
}

function pageLength(view: Uint8Array): number | null {
  if (view.length < HEADER_BYTES || view.length < HEADER_BYTES + view[26]!) return null
  let length = HEADER_BYTES + view[26]!
  for (let i = 0; i < view[26]!; i++) length += view[HEADER_BYTES + i]!
  return length
}

function isValid(page: Uint8Array): boolean {
  return page[4] === 0 && oggCrc(page) === headerView(page).getUint32(22, true)
}

function headerView(page: Uint8Array): DataView {
  return new DataView(page.buffer, page.byteOffset, HEADER_BYTES)
}

function parsePage(bytes: Uint8Array, skipped: number): OggPage {
  const view = headerView(bytes)
  const flags = bytes[5]!
  const granule = view.getBigInt64(6, true)
  const lacing = bytes.subarray(HEADER_BYTES, HEADER_BYTES + bytes[26]!)
  return {
    continued: (flags & 1) !== 0,
    begins: (flags & 2) !== 0,
    ends: (flags & 4) !== 0,
    granule: granule < 0n ? null : Number(granule),
    serial: view.getUint32(14, true),
    sequence: view.getUint32(18, true),
    pieces: splitByLacing(bytes.subarray(HEADER_BYTES + lacing.length), lacing),
    lastIsComplete: lacing.length === 0 || lacing.at(-1)! < 255,
    skipped,
  }
}

/** A lacing value below 255 ends a packet. */
function splitByLacing(body: Uint8Array, lacing: Uint8Array): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let start = 0
  let end = 0
  for (const value of lacing) {
    end += value
    if (value === 255) continue
    pieces.push(body.subarray(start, end))
    start = end
  }
  if (lacing.at(-1) === 255) pieces.push(body.subarray(start, end))
  return pieces
}
