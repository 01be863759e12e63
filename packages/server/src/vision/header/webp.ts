import { ByteView } from './byte-view.ts'
import type { PhotoHeader } from './header.ts'

/** Reads the first chunk of a WebP: `VP8 ` (RFC 6386 §9.1), `VP8L` or `VP8X` (WebP container specification). */
export function readWebpHeader(bytes: Uint8Array): PhotoHeader | null {
  const view = new ByteView(bytes)
  const readers: Record<string, (view: ByteView) => PhotoHeader | null> = { 'VP8 ': lossy, VP8L: lossless, VP8X: extended }
  return readers[view.text(12, 4) ?? '']?.(view) ?? null
}

function lossy(view: ByteView): PhotoHeader | null {
  const width = view.u16(26, true)
  const height = view.u16(28, true)
  if (view.text(23, 3) !== '\x9d\x01\x2a' || width === null || height === null) return null
  return header(width & 0x3fff, height & 0x3fff, false)
}

function lossless(view: ByteView): PhotoHeader | null {
  const bits = view.u32(21, true)
  if (view.u8(20) !== 0x2f || bits === null) return null
  return header((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1, false)
}

function extended(view: ByteView): PhotoHeader | null {
  const flags = view.u8(20)
  const width = view.u24le(24)
  const height = view.u24le(27)
  if (flags === null || width === null || height === null) return null
  return header(width + 1, height + 1, (flags & 0x02) !== 0)
}

function header(width: number, height: number, animated: boolean): PhotoHeader | null {
  return width && height ? { mime: 'image/webp', width, height, animated, heldBytes: 0 } : null
}
