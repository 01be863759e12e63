import { ByteView } from './byte-view.ts'
import type { PhotoHeader } from './header.ts'

/** Chunks looked at before giving up; real files have fewer than 30 before their pixels. */
const MAX_CHUNKS = 1000

/** Reads IHDR, and looks for `acTL` (animation) among the chunks before the pixels. */
export function readPngHeader(bytes: Uint8Array): PhotoHeader | null {
  const view = new ByteView(bytes)
  const width = view.u32(16)
  const height = view.u32(20)
  if (view.text(12, 4) !== 'IHDR' || view.u32(8) !== 13 || !width || !height) return null
  return { mime: 'image/png', width, height, animated: hasAnimationControl(view), heldBytes: width * height * heldPerPixel(view) }
}

function hasAnimationControl(view: ByteView): boolean {
  let at = 33
  for (let i = 0; i < MAX_CHUNKS; i++) {
    const length = view.u32(at)
    const type = view.text(at + 4, 4)
    if (length === null || type === null || type === 'IDAT') return false
    if (type === 'acTL') return true
    at += 12 + length
  }
  return false
}

/** An interlaced PNG is decoded whole: bytes per pixel by bit depth and colour type (PNG specification §11.2.1). */
function heldPerPixel(view: ByteView): number {
  const interlaced = view.u8(28) === 1
  const channels = { 0: 1, 2: 3, 3: 3, 4: 2, 6: 4 }[view.u8(25) ?? 6] ?? 4
  return interlaced ? channels * (view.u8(24) === 16 ? 2 : 1) : 0
}
