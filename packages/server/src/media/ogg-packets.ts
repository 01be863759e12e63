import type { OggPage } from './ogg-pages.ts'

/** Longest packet that is put together; longer ones (cover art in tags) are passed over. */
const MAX_PACKET = 65_536

/** Joins the packets of one logical stream across its pages. */
export class OggPacketJoiner {
  #partial: Uint8Array[] = []
  #partialBytes = 0
  #sequence: number | null = null

  /** The packets that end on this page, and whether anything before them is missing. */
  push(page: OggPage): { packets: Uint8Array[]; lost: boolean } {
    let lost = page.skipped > 0 || (this.#sequence !== null && page.sequence !== this.#sequence)
    this.#sequence = (page.sequence + 1) >>> 0
    const pieces = [...page.pieces]
    if (this.#partialBytes > 0 && (lost || !page.continued)) {
      this.#drop()
      lost = true
    }
    if (page.continued && this.#partialBytes === 0 && pieces.length > 0) {
      lost = true
      pieces.shift()
      if (pieces.length === 0 && !page.lastIsComplete) return { packets: [], lost }
    }
    return { packets: this.#join(pieces, page.lastIsComplete), lost }
  }

  #join(pieces: readonly Uint8Array[], lastIsComplete: boolean): Uint8Array[] {
    const packets: Uint8Array[] = []
    for (const [i, piece] of pieces.entries()) {
      this.#partialBytes += piece.length
      if (this.#partialBytes <= MAX_PACKET) this.#partial.push(piece.slice())
      if (i === pieces.length - 1 && !lastIsComplete) break
      packets.push(new Uint8Array(Buffer.concat(this.#partial)))
      this.#drop()
    }
    return packets
  }

  #drop(): void {
    this.#partial = []
    this.#partialBytes = 0
  }
}
