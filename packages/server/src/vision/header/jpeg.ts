import { ByteView } from './byte-view.ts'
import type { PhotoHeader } from './header.ts'

/** Start-of-frame markers carry the size: ITU-T T.81 table B.1, SOF0–SOF15 without DHT, JPG and DAC. */
const isStartOfFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/** Markers without a length: TEM, RST0–7, SOI. */
const isStandalone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)

/** Walks the marker segments of a JPEG to its frame header. */
export function readJpegHeader(bytes: Uint8Array): PhotoHeader | null {
  const view = new ByteView(bytes)
  let at = 2
  for (;;) {
    if (view.u8(at) !== 0xff) return null
    const marker = view.u8(at + 1)
    if (marker === null) return null
    if (marker === 0xff) at += 1
    else if (isStandalone(marker)) at += 2
    else if (isStartOfFrame(marker)) return sizeOf(view, at)
    else {
      const length = view.u16(at + 2)
      if (marker === 0xd9 || marker === 0xda || length === null || length < 2) return null
      at += 2 + length
    }
  }
}

function sizeOf(view: ByteView, at: number): PhotoHeader | null {
  const height = view.u16(at + 5)
  const width = view.u16(at + 7)
  return width && height ? { mime: 'image/jpeg', width, height, animated: false, heldBytes: 0 } : null
}
