import { oggCrc } from './ogg-crc.ts'

/** Writes Ogg/Opus: RFC 3533 (pages), RFC 7845 (Opus in them). */

const BEGINS = 2
const ENDS = 4
const MAX_LACING = 255

export interface OggOpusOptions {
  /** Samples at 48 kHz to leave out at the start, from the encoder. */
  preSkip: number
  /** Length of each packet, milliseconds. */
  packetMs: number
  channels?: number
  /** Rate of the original, Hz; told, not used. */
  sampleRate?: number
  /** Number that tells this stream from others in the file. */
  serial?: number
  /** Packets to a page; fewer wait less. */
  packetsPerPage?: number
}

/** A streaming Ogg/Opus writer: packets in, pages out. */
export class OggOpusMuxer {
  readonly #options: Required<OggOpusOptions>
  #sequence = 0
  #ticks = 0
  #waiting: Uint8Array[] = []

  constructor(options: OggOpusOptions) {
    this.#options = { channels: 1, sampleRate: 16_000, serial: 1, packetsPerPage: 1, ...options }
  }

  /** The two header pages; they come first. */
  begin(): Uint8Array[] {
    return [this.#page([this.#head()], 0n, BEGINS), this.#page([tags()], 0n, 0)]
  }

  /** Pages that are certain now. The newest page is held back, because the last one of a stream tells where it ends. */
  push(packet: Uint8Array): Uint8Array[] {
    const full = this.#waiting.length >= this.#options.packetsPerPage || this.#lacingOf(packet) > MAX_LACING
    const pages = full ? this.#flush(0) : []
    this.#waiting.push(packet)
    this.#ticks += this.#options.packetMs * 48
    return pages
  }

  /** The last page. @param durationMs - true length of the audio, to trim what the last packet was filled with */
  end(durationMs?: number): Uint8Array[] {
    if (durationMs !== undefined) this.#ticks = Math.min(this.#ticks, this.#options.preSkip + Math.round(durationMs * 48))
    return this.#waiting.length > 0 ? this.#flush(ENDS) : [this.#page([], BigInt(this.#ticks), ENDS)]
  }

  #lacingOf(packet: Uint8Array): number {
    return [...this.#waiting, packet].reduce((sum, { length }) => sum + Math.floor(length / 255) + 1, 0)
  }

  #flush(flags: number): Uint8Array[] {
    if (this.#waiting.length === 0) return []
    const page = this.#page(this.#waiting, BigInt(this.#ticks), flags)
    this.#waiting = []
    return [page]
  }

  #head(): Uint8Array {
    const head = Buffer.alloc(19)
    head.write('OpusHead', 'latin1')
    head[8] = 1
    head[9] = this.#options.channels
    head.writeUInt16LE(this.#options.preSkip, 10)
    head.writeUInt32LE(this.#options.sampleRate, 12)
    return head
  }

  #page(packets: readonly Uint8Array[], granule: bigint, flags: number): Uint8Array {
    const lacing = packets.flatMap(({ length }) => [...Array<number>(Math.floor(length / 255)).fill(255), length % 255])
    const header = Buffer.alloc(27)
    header.write('OggS', 'latin1')
    header[5] = flags
    header.writeBigUInt64LE(granule, 6)
    header.writeUInt32LE(this.#options.serial, 14)
    header.writeUInt32LE(this.#sequence++, 18)
    header[26] = lacing.length
    const page = Buffer.concat([header, Uint8Array.from(lacing), ...packets])
    page.writeUInt32LE(oggCrc(page), 22)
    return new Uint8Array(page)
  }
}

function tags(): Uint8Array {
  const vendor = Buffer.from('vigia')
  const body = Buffer.alloc(8 + 4 + vendor.length + 4)
  body.write('OpusTags', 'latin1')
  body.writeUInt32LE(vendor.length, 8)
  vendor.copy(body, 12)
  return body
}
