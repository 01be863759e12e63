import { crc32, deflateRawSync } from 'node:zlib'

/** A small ZIP archive in memory (APPNOTE.TXT 6.3: local headers, central directory; no ZIP64), as documents of office programs are. */

export interface ZipEntry {
  /** Path inside the archive, ASCII. */
  name: string
  data: string | Uint8Array
}

const LOCAL = 0x04034b50
const CENTRAL = 0x02014b50
const END = 0x06054b50
const VERSION = 20
const DEFLATED = 8
/** 1 January 1980, so that equal content gives equal bytes. */
const DATE = 0x21

export function zip(entries: readonly ZipEntry[]): Uint8Array<ArrayBuffer> {
  const locals: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const { name, data } of entries) {
    const raw = Buffer.from(data as string)
    const packed = deflateRawSync(raw)
    const file = Buffer.from(name, 'latin1')
    const shared = fields(raw, packed, file.length)
    const local = Buffer.concat([uint32(LOCAL), shared, file, packed])
    locals.push(local)
    central.push(Buffer.concat([uint32(CENTRAL), uint16(VERSION), shared, Buffer.alloc(10), uint32(offset), file]))
    offset += local.length
  }
  const directory = Buffer.concat(central)
  const count = uint16(entries.length)
  const end = [uint32(END), Buffer.alloc(4), count, count, uint32(directory.length), uint32(offset), uint16(0)]
  return new Uint8Array(Buffer.concat([...locals, directory, ...end]))
}

/** What local header and directory have in common: from "version needed" to "extra length". */
function fields(raw: Buffer, packed: Buffer, nameLength: number): Buffer {
  const numbers = [uint32(crc32(raw)), uint32(packed.length), uint32(raw.length), uint16(nameLength), uint16(0)]
  return Buffer.concat([uint16(VERSION), uint16(0), uint16(DEFLATED), uint16(0), uint16(DATE), ...numbers])
}

function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2)
  buffer.writeUInt16LE(value)
  return buffer
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(value >>> 0)
  return buffer
}
