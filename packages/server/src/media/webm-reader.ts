import { ByteBuffer } from './byte-buffer.ts'
import { MAX_OPUS_PACKET } from './opus-packet.ts'
import { parseBlock } from './webm-block.ts'
import {
  BLOCK,
  BLOCK_GROUP,
  CLUSTER,
  type ElementHeader,
  ENTERED,
  INFO,
  MAX_HEADER,
  PASSED_OVER,
  parseHeader,
  SIMPLE_BLOCK,
  TIMESTAMP,
  TRACK_ENTRY,
  TRACKS,
} from './webm-elements.ts'
import { findResumePoint, isAfterBlock } from './webm-resync.ts'

/** An element of interest, whole. `skipped` bytes before it were damaged. */
export interface WebmElement {
  id: number
  body: Uint8Array
  skipped: number
}

/** Elements held in memory whole, and how large they may be. */
const HELD: ReadonlyMap<number, number> = new Map([
  [INFO, 65_536],
  [TRACK_ENTRY, 65_536],
  [TIMESTAMP, 8],
])
/** Largest block of audio: one packet, its head, and in a group what else is said of it. */
const MAX_AUDIO_BLOCK = MAX_OPUS_PACKET + 256
/** A larger block is believed only when another element follows it: a damaged size would swallow seconds of good audio. */
const USUAL_BLOCK = 1400
/** Largest block of another track. */
const MAX_OTHER_BLOCK = 16 * 2 ** 20

type Plan = 'enter' | 'pass' | 'hold' | 'damaged' | 'wait'

/** Reads WebM elements from a byte stream, passes over what is not audio, and finds its way again after damage. */
export class WebmReader {
  readonly #buffer = new ByteBuffer()
  /** Bytes of an element that is being passed over. */
  #passing = 0
  #skipped = 0
  #lost = false
  /** Track entries have a short id, which comes by chance in damaged bytes: they count only where they belong. */
  #inTracks = false
  #final = false

  /** Number of the audio track, to recognize its blocks after damage. */
  track: number | null = null
  /** Numbers of other tracks, whose blocks are passed over. */
  readonly otherTracks = new Set<number>()

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
      const plan = header === 'invalid' ? 'damaged' : this.#plan(header)
      if (plan === 'wait') return null
      if (plan === 'damaged' || header === 'invalid') this.#lose()
      else if (plan === 'pass') this.#pass(header.length + header.size!)
      else if (plan === 'hold') return this.#hold(header.id, header.length, header.length + header.size!)
      else if (this.#enter(header)) return this.#give(CLUSTER, new Uint8Array(0))
    }
  }

  /** The stream is over: gives up the element that waits, to look for others inside it. False when nothing waits. */
  giveUp(): boolean {
    if (this.#buffer.length === 0) return false
    if (this.#final) this.#lose()
    this.#final = true
    return true
  }

  #plan({ id, size, length }: ElementHeader): Plan {
    if (ENTERED.has(id)) return 'enter'
    if (size === null) return 'damaged'
    if (id === SIMPLE_BLOCK || id === BLOCK_GROUP) return this.#planBlock(id, size, length)
    if (PASSED_OVER.has(id)) return size <= PASSED_OVER.get(id)! ? 'pass' : 'damaged'
    if (size > (HELD.get(id) ?? -1) || (id === TRACK_ENTRY && !this.#inTracks)) return 'damaged'
    return this.#buffer.length < length + size ? 'wait' : 'hold'
  }

  #planBlock(id: number, size: number, length: number): Plan {
    if (this.#buffer.length < length + 4) return 'wait'
    if (!this.#beginsBlock(id, length)) return 'damaged'
    if (size > MAX_AUDIO_BLOCK) return size <= MAX_OTHER_BLOCK && this.otherTracks.size > 0 ? 'pass' : 'damaged'
    const end = length + size
    if (size <= USUAL_BLOCK || this.#final) return this.#buffer.length < end ? 'wait' : 'hold'
    if (this.#buffer.length < end + MAX_HEADER) return 'wait'
    return isAfterBlock(this.#buffer.view, end) ? 'hold' : 'damaged'
  }

  /** A group begins with its block, a block with the number of a track that exists. */
  #beginsBlock(id: number, length: number): boolean {
    const start = this.#buffer.view.subarray(length, length + 4)
    if (id === BLOCK_GROUP) return start[0] === BLOCK
    const track = parseBlock(start)?.track
    return track !== undefined && (this.track === null || track === this.track || this.otherTracks.has(track))
  }

  /** Goes on with the children; true at a new cluster. */
  #enter({ id, length }: ElementHeader): boolean {
    this.#buffer.consume(length)
    this.#inTracks = id === TRACKS
    return id === CLUSTER
  }

  #hold(id: number, start: number, end: number): WebmElement {
    const body = this.#buffer.view.subarray(start, end)
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
