/** What an Opus packet says of itself without being decoded: RFC 6716 §3. */

/**
 * Longest packet taken: six frames of 20 ms at their format's limit of 1275 bytes, and 12 bytes of framing. What is longer
 * (48 frames of 2.5 ms could be) no encoder of speech writes.
 */
export const MAX_OPUS_PACKET = 6 * 1275 + 12

/** Frame length by configuration number, milliseconds: RFC 6716 table 2. */
function frameMs(configuration: number): number {
  if (configuration < 12) return [10, 20, 40, 60][configuration % 4]!
  if (configuration < 16) return [10, 20][configuration % 2]!
  return [2.5, 5, 10, 20][configuration % 4]!
}

/** Length of the audio in a packet, milliseconds (2.5–120); null when it cannot be a packet. */
export function opusPacketMs(packet: Uint8Array): number | null {
  if (packet.length === 0) return null
  const toc = packet[0]!
  const frames = frameCount(toc & 3, packet)
  const ms = frames * frameMs(toc >> 3)
  return frames > 0 && ms <= 120 ? ms : null
}

function frameCount(code: number, packet: Uint8Array): number {
  if (code === 0) return 1
  if (code < 3) return 2
  return (packet[1] ?? 0) & 0x3f
}

/** What the identification header of a stream says: RFC 7845 §5.1. */
export interface OpusHead {
  channels: number
  /** Samples at 48 kHz to leave out at the start. */
  preSkip: number
  /** 0: mono or stereo in one packet; anything else needs several decoders. */
  mappingFamily: number
}

/** Null for anything but a header of a version that is understood. */
export function parseOpusHead(packet: Uint8Array): OpusHead | null {
  if (packet.length < 19 || Buffer.from(packet.subarray(0, 8)).toString('latin1') !== 'OpusHead') return null
  if (packet[8]! > 15) return null
  return { channels: packet[9]!, preSkip: packet[10]! | (packet[11]! << 8), mappingFamily: packet[18]! }
}
