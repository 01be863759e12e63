import { VigiaError } from '@vigia/protocol'
import { BitSource } from './bit-source.ts'

/**
 * Decompresses bzip2, which Node lacks and in which speech models are published. Blocks are read one at a time; a block
 * whose checksum is wrong is refused. Format: J. Seward, bzip2 1.0.8; the field names follow the reference.
 */

const BLOCK_MAGIC = [0x314159, 0x265359]
const END_MAGIC = [0x177245, 0x385090]
const GROUP_SIZE = 50
const MAX_SELECTORS = 18_002
const MAX_CODE_BITS = 20

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index << 24
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1
  return value >>> 0
})

const invalid = (what: string): VigiaError => new VigiaError('model_invalid', `The archive is damaged: ${what}.`)

/** The decompressed bytes, one piece per block. Several streams one after the other are one file. */
export function* bunzip2(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  const bits = new BitSource(chunks)
  do {
    if (bits.read(8) !== 0x42 || bits.read(8) !== 0x5a || bits.read(8) !== 0x68) throw invalid('no bzip2 header')
    const level = bits.read(8) - 0x30
    if (level < 1 || level > 9) throw invalid('a wrong block size')
    yield* stream(bits, level * 100_000)
    bits.align()
  } while (!bits.ended)
}

function* stream(bits: BitSource, maxBlock: number): Generator<Uint8Array> {
  const work = new Uint32Array(maxBlock)
  let combined = 0
  for (;;) {
    const magic = [bits.read(24), bits.read(24)]
    const crc = bits.read(16) * 65_536 + bits.read(16)
    if (magic[0] === END_MAGIC[0] && magic[1] === END_MAGIC[1]) {
      if (crc !== combined) throw invalid('the checksum of the stream differs')
      return
    }
    if (magic[0] !== BLOCK_MAGIC[0] || magic[1] !== BLOCK_MAGIC[1]) throw invalid('no block begins here')
    const block = readBlock(bits, work)
    if (crcOf(block) !== crc) throw invalid('the checksum of a block differs')
    combined = (((combined << 1) | (combined >>> 31)) ^ crc) >>> 0
    yield block
  }
}

function readBlock(bits: BitSource, work: Uint32Array): Uint8Array {
  if (bits.bit()) throw invalid('randomised blocks are not known')
  const origin = bits.read(24)
  const symbols = readSymbols(bits)
  const { selectors, groups } = readSelectors(bits)
  const tables = Array.from({ length: groups }, () => readTable(bits, symbols.length + 2))
  const length = readMoveToFront(bits, work, symbols, selectors, tables)
  if (origin >= length) throw invalid('the block has no origin')
  return expandRuns(invertTransform(work, length), length, origin)
}

/** The bytes that occur in the block. */
function readSymbols(bits: BitSource): Uint8Array {
  const used = bits.read(16)
  const symbols: number[] = []
  for (let row = 0; row < 16; row += 1) {
    if (!(used & (0x8000 >> row))) continue
    const cells = bits.read(16)
    for (let cell = 0; cell < 16; cell += 1) if (cells & (0x8000 >> cell)) symbols.push(row * 16 + cell)
  }
  if (symbols.length === 0) throw invalid('an empty alphabet')
  return Uint8Array.from(symbols)
}

function readSelectors(bits: BitSource): { selectors: Uint8Array; groups: number } {
  const groups = bits.read(3)
  const count = bits.read(15)
  if (groups < 2 || groups > 6 || count < 1) throw invalid('wrong code tables')
  const order = [0, 1, 2, 3, 4, 5]
  const selectors = new Uint8Array(Math.min(count, MAX_SELECTORS))
  for (let index = 0; index < count; index += 1) {
    let place = 0
    while (bits.bit()) {
      place += 1
      if (place >= groups) throw invalid('a wrong selector')
    }
    const [group] = order.splice(place, 1)
    order.unshift(group!)
    if (index < MAX_SELECTORS) selectors[index] = group!
  }
  return { selectors, groups }
}

/** A canonical Huffman code. */
interface Table {
  /** Largest code of each length, and what to take off a code to find its symbol. */
  limit: Int32Array
  base: Int32Array
  symbols: Uint16Array
  minBits: number
  maxBits: number
}

function readTable(bits: BitSource, size: number): Table {
  const lengths = new Uint8Array(size)
  let length = bits.read(5)
  for (let symbol = 0; symbol < size; symbol += 1) {
    while (bits.bit()) length += bits.bit() ? -1 : 1
    if (length < 1 || length > MAX_CODE_BITS) throw invalid('a wrong code length')
    lengths[symbol] = length
  }
  const minBits = Math.min(...lengths)
  const maxBits = Math.max(...lengths)
  const limit = new Int32Array(MAX_CODE_BITS + 2).fill(-1)
  const base = new Int32Array(MAX_CODE_BITS + 2)
  const symbols = new Uint16Array(size)
  let code = 0
  let at = 0
  for (let width = minBits; width <= maxBits; width += 1) {
    base[width] = code - at
    for (let symbol = 0; symbol < size; symbol += 1) if (lengths[symbol] === width) symbols[at++] = symbol
    code = base[width]! + at
    limit[width] = code - 1
    code <<= 1
  }
  return { limit, base, symbols, minBits, maxBits }
}

function readCode(bits: BitSource, { limit, base, symbols, minBits, maxBits }: Table): number {
  let code = bits.read(minBits)
  for (let width = minBits; width <= maxBits; width += 1) {
    if (code <= limit[width]!) {
      const symbol = symbols[code - base[width]!]
      if (symbol === undefined) break
      return symbol
    }
    code = (code << 1) | bits.bit()
  }
  throw invalid('a wrong code')
}

/** Undoes Huffman coding, zero runs and move-to-front; fills the low bytes of `work` and returns how many. */
function readMoveToFront(bits: BitSource, work: Uint32Array, order: Uint8Array, selectors: Uint8Array, tables: Table[]): number {
  const end = order.length + 1
  let length = 0
  let run = 0
  let runBit = 1
  const flush = (): void => {
    if (run === 0) return
    if (length + run > work.length) throw invalid('a block that is too long')
    work.fill(order[0]!, length, length + run)
    length += run
    run = 0
    runBit = 1
  }
  for (let read = 0; ; read += 1) {
    const table = tables[selectors[Math.floor(read / GROUP_SIZE)]!]
    if (!table || read >= selectors.length * GROUP_SIZE) throw invalid('too few selectors')
    const symbol = readCode(bits, table)
    if (symbol <= 1) {
      run += runBit << symbol
      runBit *= 2
      if (run > work.length) throw invalid('a run that is too long')
      continue
    }
    flush()
    if (symbol === end) return length
    if (length >= work.length) throw invalid('a block that is too long')
    const value = order[symbol - 1]!
    order.copyWithin(1, 0, symbol - 1)
    order[0] = value
    work[length++] = value
  }
}

/** Puts into the high bits of `work[i]` where the byte after `i` lies (inverse Burrows–Wheeler transform). */
function invertTransform(work: Uint32Array, length: number): Uint32Array {
  const starts = new Uint32Array(257)
  for (let at = 0; at < length; at += 1) starts[(work[at]! & 0xff) + 1]! += 1
  for (let byte = 1; byte < 257; byte += 1) starts[byte]! += starts[byte - 1]!
  for (let at = 0; at < length; at += 1) {
    const byte = work[at]! & 0xff
    const place = starts[byte]!
    starts[byte] = place + 1
    work[place] = (work[place]! | (at << 8)) >>> 0
  }
  return work
}

/** Walks the block and undoes the first run-length coding: four equal bytes are followed by how many more. */
function expandRuns(table: Uint32Array, length: number, origin: number): Uint8Array {
  let out = new Uint8Array(length + (length >> 2) + 1024)
  let size = 0
  let at = table[origin]! >>> 8
  let same = 0
  let last = -1
  for (let left = length; left > 0; left -= 1) {
    const entry = table[at]!
    const byte = entry & 0xff
    at = entry >>> 8
    const copies = same === 4 ? byte : 1
    if (size + copies > out.length) out = grown(out, size + copies)
    if (same === 4) {
      out.fill(last, size, size + byte)
      same = 0
      size += byte
      last = -1
      continue
    }
    out[size++] = byte
    same = byte === last ? same + 1 : 1
    last = byte
  }
  return out.subarray(0, size)
}

function grown(bytes: Uint8Array, atLeast: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(Math.max(atLeast, bytes.length * 2))
  larger.set(bytes)
  return larger
}

function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff
  for (let at = 0; at < bytes.length; at += 1) crc = ((crc << 8) ^ CRC_TABLE[(crc >>> 24) ^ bytes[at]!]!) >>> 0
  return ~crc >>> 0
}
