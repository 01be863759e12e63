import { ByteBuffer } from './byte-buffer.ts'
import { parseBlock } from './webm-block.ts'
import {
  BLOCK_GROUP,
  CLUSTER,
  type ElementHeader,
  ENTERED,
  INFO,
  PASSED_OVER,
  parseHeader,
  SIMPLE_BLOCK,
  TIMESTAMP,
  TRACK_ENTRY,
} from './webm-elements.ts'
import { findResumePoint } from './webm-resync.ts'

/** An element of interest, whole. `skipped` bytes before it were damaged. */
export interface WebmElement {
  id: number
  body: Uint8Array
  skipped: number
}

/** Elements held in memory whole, and how large they may be. */
const HELD: ReadonlyMap<number, number> = new Map([
  [INFO, 65_536],
  [TRACK_ENTRY, 1_048_576],
  [TIMESTAMP, 8],
  [SIMPLE_BLOCK, 65_536],
  [BLOCK_GROUP, 65_536],
])
/** Largest element passed over without looking inside; a larger size is damage. */
const MAX_PASSED = 16 * 2 ** 20

/** Reads WebM elements from a byte stream, passes over what is not audio, and finds its way again after damage. */
export class WebmReader {
  readonly #buffer = new ByteBuffer()
  /** Bytes of an element that is being passed over. */
  #passing = 0
  #skipped = 0
  #lost = false

  /** Number of the audio track, to recognize its blocks after damage. */
  track: number | null = null

  /** Damaged bytes since the last element. */
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

  /** The next element of interest; null until more comes. Its body is valid until the next `append`. */
  next(): WebmElement | null {
    for (;;) {
      if (this.#lost && !this.#resync()) return null
      const header = parseHeader(this.#buffer.view, 0)
      if (header === null) return null
      if (header === 'invalid' || !this.#isPlausible(header)) this.#lose()
      else if (ENTERED.has(header.id)) {
        this.#buffer.consume(header.length)
        if (header.id === CLUSTER) return this.#give(CLUSTER, new Uint8Array(0))
      } else if (this.#isPassed(header)) this.#pass(header.length + header.size!)
      else return this.#hold(header)
    }
  }

  /** Gives up the element that waits, to look for others inside it. False when nothing waits. */
  giveUp(): boolean {
    if (this.#buffer.length === 0) return false
    this.#lose()
    return true
  }

  #isPlausible({ id, size }: ElementHeader): boolean {
    if (ENTERED.has(id)) return true
    if (size === null) return false
    return PASSED_OVER.has(id) || id === BLOCK_GROUP || id === SIMPLE_BLOCK ? size <= MAX_PASSED : size <= (HELD.get(id) ?? -1)
  }

  /** Blocks too large for audio belong to a video track. */
  #isPassed({ id, size, length }: ElementHeader): boolean {
    if (PASSED_OVER.has(id)) return true
    if (size! <= HELD.get(id)!) return false
    if (id === BLOCK_GROUP) return true
    return parseBlock(this.#buffer.view.subarray(length, length + 4))?.track !== this.track
  }

  #hold({ id, size, length }: ElementHeader): WebmElement | null {
    if (size! > HELD.get(id)!) {
      this.#lose()
      return this.next()
    }
    const end = length + size!
    if (this.#buffer.length < end) return null
    const body = this.#buffer.view.subarray(length, end)
    this.#buffer.consume(end)
    return this.#give(id, body)
  }

  #give(id: number, body: Uint8Array): WebmElement {
    const element = { id, body, skipped: this.#skipped }
    this.#skipped = 0
    return element
  }

  #pass(count: number): void {
    const here = Math.min(count, this.#buffer.length)
    this.#buffer.consume(here)
    this.#passing = count - here
  }

  #lose(): void {
    this.#lost = true
    this.#buffer.consume(1)
    this.#skipped++
  }

  #resync(): boolean {
    const { at, certain } = findResumePoint(this.#buffer.view, 0, this.track)
    this.#buffer.consume(at)
    this.#skipped += at
    if (certain) this.#lost = false
    return certain
  }
}
