/**
 * The capture time of an EXIF block (TIFF structure, CIPA DC-008). Nothing else is read of it: neither position nor camera.
 */

const EXIF_IFD = 0x8769
const DATE_TIME_ORIGINAL = 0x9003
const SUB_SEC_ORIGINAL = 0x9291
const OFFSET_TIME_ORIGINAL = 0x9011
const DATE_TIME = 0x0132
const OFFSET_TIME = 0x9010

const ASCII = 2
const LONG = 4
const MAX_ENTRIES = 512

interface Entry {
  type: number
  count: number
  /** Where the value field lies. */
  at: number
}

/**
 * ISO 8601 capture time, with an offset only where the block states one; null when there is none, or the block is damaged.
 *
 * @param block - from the TIFF header on, or with the `Exif\0\0` prefix
 */
export function readExifTime(block: Uint8Array): string | null {
  try {
    return read(block)
  } catch (error) {
    if (error instanceof RangeError) return null // an offset beyond the end
    throw error
  }
}

function read(block: Uint8Array): string | null {
  const tiff = startsWithExif(block) ? block.subarray(6) : block
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength)
  const order = view.getUint16(0)
  if (order !== 0x4949 && order !== 0x4d4d) return null
  const littleEndian = order === 0x4949
  const main = directory(view, view.getUint32(4, littleEndian), littleEndian)
  const pointer = main.get(EXIF_IFD)
  const exif = pointer?.type === LONG ? directory(view, view.getUint32(pointer.at, littleEndian), littleEndian) : new Map()
  const text = (ifd: Map<number, Entry>, tag: number) => ascii(view, ifd.get(tag), littleEndian)
  const original = toIso(text(exif, DATE_TIME_ORIGINAL), text(exif, SUB_SEC_ORIGINAL), text(exif, OFFSET_TIME_ORIGINAL))
  return original ?? toIso(text(main, DATE_TIME), null, text(exif, OFFSET_TIME))
}

const startsWithExif = (block: Uint8Array): boolean => String.fromCharCode(...block.subarray(0, 4)) === 'Exif'

function directory(view: DataView, start: number, littleEndian: boolean): Map<number, Entry> {
  const entries = new Map<number, Entry>()
  const count = Math.min(view.getUint16(start, littleEndian), MAX_ENTRIES)
  for (let i = 0; i < count; i++) {
    const at = start + 2 + i * 12
    const tag = view.getUint16(at, littleEndian)
    entries.set(tag, { type: view.getUint16(at + 2, littleEndian), count: view.getUint32(at + 4, littleEndian), at: at + 8 })
  }
  return entries
}

function ascii(view: DataView, entry: Entry | undefined, littleEndian: boolean): string | null {
  if (entry?.type !== ASCII || entry.count > 64) return null
  const start = entry.count <= 4 ? entry.at : view.getUint32(entry.at, littleEndian)
  let text = ''
  for (let i = 0; i < entry.count; i++) {
    const code = view.getUint8(start + i)
    if (code === 0) break
    text += String.fromCharCode(code)
  }
  return text
}

function toIso(dateTime: string | null, subSeconds: string | null, offset: string | null): string | null {
  const parts = dateTime?.match(/^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/)
  if (!parts) return null
  const [, year, month, day, hour, minute, second] = parts
  const fraction = /^\d{1,9}$/.test(subSeconds?.trim() ?? '') ? `.${subSeconds!.trim().padEnd(3, '0').slice(0, 3)}` : ''
  const zone = /^[+-]\d\d:\d\d$/.test(offset?.trim() ?? '') ? offset!.trim() : ''
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}`
  return Number.isNaN(Date.parse(`${local}${zone || 'Z'}`)) ? null : local + zone
}
