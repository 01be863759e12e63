import { BLOCK, children, DISCARD_PADDING, readUint } from './webm-elements.ts'

/** A block of one packet: RFC 9559 §10. */
export interface WebmBlock {
  track: number
  /** Ticks after the timestamp of its cluster, signed. */
  offset: number
  /** Several packets in one block, which no recorder of Opus writes. */
  laced: boolean
  packet: Uint8Array
}

/** Null when too short to be one. */
export function parseBlock(body: Uint8Array): WebmBlock | null {
  const trackLength = Math.clz32(body[0] ?? 0) - 23
  if (trackLength > 2 || body.length < trackLength + 3) return null
  const offset = readUint(body, trackLength, 2)
  return {
    track: readUint(body, 0, trackLength) - 2 ** (7 * trackLength),
    offset: offset >= 0x8000 ? offset - 0x10000 : offset,
    laced: (body[trackLength + 2]! & 0x06) !== 0,
    packet: body.subarray(trackLength + 3),
  }
}

/** The block of a group, and how many nanoseconds at its end are filler. */
export function parseBlockGroup(body: Uint8Array): { block: WebmBlock | null; discardNs: number } {
  let block: WebmBlock | null = null
  let discardNs = 0
  for (const child of children(body)) {
    if (child.id === BLOCK) block = parseBlock(child.body)
    if (child.id === DISCARD_PADDING && child.body.length <= 6) discardNs = readUint(child.body, 0, child.body.length)
  }
  return { block, discardNs }
}
