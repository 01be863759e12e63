import { crc32, deflateSync } from 'node:zlib'

/** The demo's photos, drawn by code: they belong to nobody. A lit desk, a dark room, a sign that warns. */

type Color = readonly [red: number, green: number, blue: number]
type Shade = (x: number, y: number) => Color

const WIDTH = 640
const HEIGHT = 480

export interface DemoPhoto {
  name: string
  /** When it is taken, on the recording's timeline. */
  atMs: number
  png: Uint8Array
}

export function demoPhotos(): DemoPhoto[] {
  return [
    { name: 'mesa.png', atMs: 9_000, png: encodePng(desk) },
    { name: 'sala-oscura.png', atMs: 24_000, png: encodePng(darkRoom) },
    { name: 'aviso.png', atMs: 41_000, png: encodePng(warningSign) },
  ]
}

/** Grain, so that a picture is not taken for a blurred one. */
const grain = (x: number, y: number): number => (((x * 374761393 + y * 668265263) ^ (x * y)) & 31) - 16
const shift = ([red, green, blue]: Color, by: number): Color => [red + by, green + by, blue + by]
const inBox = (x: number, y: number, left: number, top: number, right: number, bottom: number): boolean =>
  x >= left && x < right && y >= top && y < bottom

const desk: Shade = (x, y) => {
  if (inBox(x, y, 230, 110, 430, 260)) return inBox(x, y, 240, 120, 420, 250) ? [70, 120, 190] : [30, 30, 34]
  if (inBox(x, y, 180, 330, 460, 390)) return x % 24 < 20 && y % 20 < 16 ? [210, 210, 205] : [120, 120, 120]
  if ((x - 540) ** 2 + (y - 330) ** 2 < 45 ** 2) return [190, 60, 50]
  return shift(y < 290 ? [205, 200, 185] : [150, 105, 65], grain(x, y))
}

const darkRoom: Shade = (x, y) => {
  const lamp = Math.hypot(x - 500, y - 90)
  return shift(lamp < 18 ? [180, 150, 90] : [14, 13, 18], lamp < 200 ? (200 - lamp) / 8 : 0)
}

const warningSign: Shade = (x, y) => {
  const half = (y - 90) * 0.6
  const inside = y > 90 && y < 370 && Math.abs(x - 320) < half
  const edge = inside && (y > 345 || Math.abs(x - 320) > half - 22)
  const mark = inBox(x, y, 306, 190, 334, 290) || (x - 320) ** 2 + (y - 320) ** 2 < 15 ** 2
  if (edge || (inside && mark)) return [20, 20, 20]
  return inside ? [250, 205, 20] : shift([160, 165, 170], grain(x, y))
}

const byte = (value: number): number => Math.max(0, Math.min(255, Math.round(value)))

/** A truecolour PNG (ISO/IEC 15948): one IHDR, one IDAT, rows without filter. */
function encodePng(shade: Shade): Uint8Array {
  const rows = Buffer.alloc(HEIGHT * (1 + WIDTH * 3))
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const at = y * (1 + WIDTH * 3) + 1 + x * 3
      rows.set(shade(x, y).map(byte), at)
    }
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(WIDTH, 0)
  header.writeUInt32BE(HEIGHT, 4)
  header.set([8, 2, 0, 0, 0], 8) // 8 bits, truecolour
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  return Buffer.concat([
    signature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const chunk = Buffer.alloc(body.length + 8)
  chunk.writeUInt32BE(data.length, 0)
  body.copy(chunk, 4)
  chunk.writeUInt32BE(crc32(body), body.length + 4)
  return chunk
}
