/** Headers of pictures written byte by byte, for tests: what a hostile client may send. */

const u16 = (value: number): number[] => [(value >> 8) & 255, value & 255]
const u32 = (value: number): number[] => [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
const ascii = (text: string): number[] => [...text].map((char) => char.charCodeAt(0))

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const pngChunk = (type: string, data: number[]): number[] => [...u32(data.length), ...ascii(type), ...data, 0, 0, 0, 0]

/** A PNG that states a size and holds hardly any pixels. */
export function pngHeader(width: number, height: number, chunks: string[] = []): Uint8Array {
  const ihdr = pngChunk('IHDR', [...u32(width), ...u32(height), 8, 6, 0, 0, 0])
  return Uint8Array.from([
    ...PNG_SIGNATURE,
    ...ihdr,
    ...chunks.flatMap((type) => pngChunk(type, [0, 0, 0, 0])),
    ...pngChunk('IDAT', [0]),
  ])
}

/** A JPEG up to its frame header. */
export function jpegHeader(width: number, height: number): Uint8Array {
  const app0 = [0xff, 0xe0, ...u16(16), ...ascii('JFIF\0'), 1, 1, 0, ...u16(1), ...u16(1), 0, 0]
  return Uint8Array.from([0xff, 0xd8, ...app0, 0xff, 0xc0, ...u16(11), 8, ...u16(height), ...u16(width), 1, 1, 0x11, 0])
}

const box = (type: string, content: number[]): number[] => [...u32(content.length + 8), ...ascii(type), ...content]

/** An ISO media file of the given brands with one `ispe` per size; `deep` has more than eight bits. */
export function isoHeader(brands: string[], sizes: [width: number, height: number][] = [], deep = false): Uint8Array {
  const [major = 'avif', ...rest] = brands
  const ftyp = box('ftyp', [...ascii(major), ...u32(0), ...rest.flatMap(ascii)])
  const properties = sizes.flatMap(([width, height]) => box('ispe', [...u32(0), ...u32(width), ...u32(height)]))
  const av1c = box('av1C', [0x81, 0x04, deep ? 0x4c : 0x0c, 0])
  const ipco = box('ipco', [...properties, ...(sizes.length > 0 ? av1c : [])])
  return Uint8Array.from([...ftyp, ...box('meta', [...u32(0), ...box('iprp', ipco)])])
}

/** A WebP whose extended header states a canvas. */
export function webpHeader(width: number, height: number, animated: boolean): Uint8Array {
  const u24le = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255]
  const vp8x = [animated ? 0x02 : 0, 0, 0, 0, ...u24le(width - 1), ...u24le(height - 1)]
  return Uint8Array.from([...ascii('RIFF'), 30, 0, 0, 0, ...ascii('WEBPVP8X'), 10, 0, 0, 0, ...vp8x])
}
