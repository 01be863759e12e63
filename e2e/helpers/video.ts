import { writeFile } from 'node:fs/promises'

/** What the fake camera sees: a bright square that walks over a plain wall, as uncompressed video (YUV4MPEG2). */

export const WIDTH = 320
export const HEIGHT = 240
const SQUARE = 120
const FRAMES = 30

/** Luma and both chromas (BT.601). */
type Colour = readonly [y: number, u: number, v: number]
const WALL: Colour = [90, 160, 100]
const SIGN: Colour = [170, 60, 190]

/** Writes the file that Chromium plays again and again as the camera. */
export async function writeVideo(file: string): Promise<void> {
  const parts: Uint8Array[] = [Buffer.from(`YUV4MPEG2 W${WIDTH} H${HEIGHT} F10:1 Ip A1:1 C420jpeg\n`)]
  for (let frame = 0; frame < FRAMES; frame++) {
    const left = Math.round(((WIDTH - SQUARE) * frame) / (FRAMES - 1))
    parts.push(Buffer.from('FRAME\n'), plane(0, 1, left), plane(1, 2, left), plane(2, 2, left))
  }
  await writeFile(file, Buffer.concat(parts))
}

/** @param scale - how much smaller the plane is than the picture */
function plane(channel: 0 | 1 | 2, scale: number, left: number): Uint8Array {
  const [width, height] = [WIDTH / scale, HEIGHT / scale]
  const pixels = new Uint8Array(width * height).fill(WALL[channel])
  const [from, to] = [Math.round(left / scale), Math.round((left + SQUARE) / scale)]
  for (let y = Math.round(SQUARE / 2 / scale); y < Math.round((SQUARE * 1.5) / scale); y++) {
    pixels.fill(SIGN[channel], y * width + from, y * width + to)
  }
  return pixels
}
