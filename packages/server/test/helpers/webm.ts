/** A small WebM/Opus writer that cuts as a browser's MediaRecorder does: everything of unknown size, a cluster per `clusterMs`. */

export interface WebmOptions {
  packetMs: number
  /** Samples at 48 kHz, from the encoder. */
  preSkip: number
  clusterMs?: number
  channels?: number
}

const UNKNOWN = Uint8Array.of(0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)

/** The header, then one piece per cluster. */
export function muxWebm(
  packets: readonly Uint8Array[],
  { packetMs, preSkip, clusterMs = 120, channels = 1 }: WebmOptions,
): Uint8Array[] {
  const perCluster = Math.max(1, Math.round(clusterMs / packetMs))
  const pieces = [header(preSkip, channels)]
  for (let first = 0; first < packets.length; first += perCluster) {
    const blocks = packets.slice(first, first + perCluster).map((packet, i) => simpleBlock(i * packetMs, packet))
    pieces.push(join(hex('1f43b675'), UNKNOWN, element('e7', uint(first * packetMs)), ...blocks))
  }
  return pieces
}

/** One EBML element of known size. @param id - hexadecimal */
export function element(id: string, ...body: Uint8Array[]): Uint8Array {
  const content = join(...body)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(0x10000000 + content.length)
  return join(hex(id), size, content)
}

/** @param flags - 0x80 is a key frame; bits 0x06 mean lacing */
export function simpleBlock(offsetMs: number, packet: Uint8Array, flags = 0x80): Uint8Array {
  return element('a3', Uint8Array.of(0x81, offsetMs >> 8, offsetMs & 0xff, flags), packet)
}

export function header(preSkip: number, channels: number, codec = 'A_OPUS'): Uint8Array {
  const head = Buffer.alloc(19)
  head.write('OpusHead', 'latin1')
  head.set([1, channels, preSkip & 0xff, preSkip >> 8], 8)
  head.writeUInt32LE(48_000, 12)
  const entry = element('ae', element('d7', uint(1)), element('86', Buffer.from(codec)), element('63a2', head))
  return join(
    element('1a45dfa3', element('4282', Buffer.from('webm'))),
    hex('18538067'),
    UNKNOWN,
    element('1549a966', element('2ad7b1', uint(1_000_000))),
    element('1654ae6b', entry),
  )
}

function uint(value: number): Uint8Array {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

const hex = (text: string): Uint8Array => Buffer.from(text, 'hex')
const join = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))
