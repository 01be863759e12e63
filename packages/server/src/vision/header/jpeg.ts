import { ByteView } from './byte-view.ts'
import type { PhotoHeader } from './header.ts'

/** Start-of-frame markers carry the size: ITU-T T.81 table B.1, SOF0–SOF15 without DHT, JPG and DAC. */
const isStartOfFrame = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/** SOF2, SOF6, SOF10 and SOF14. */
const isProgressive = (marker: number): boolean => isStartOfFrame(marker) && (marker & 3) === 2

/** Markers without a length: TEM, RST0–7, SOI. */
const isStandalone = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)

/** Two bytes a DCT coefficient while a picture comes in several scans, and a tenth for what is measured beside them. */
const bytesOf = (coefficients: number): number => Math.ceil((coefficients * 22) / 10)

interface Frame {
  width: number
  height: number
  progressive: boolean
  components: number
  /** DCT coefficients of the picture, over all its components. */
  coefficients: number
}

/** Walks the marker segments of a JPEG to its frame header, and on to the first scan, which says whether there are others. */
export function readJpegHeader(bytes: Uint8Array): PhotoHeader | null {
  const view = new ByteView(bytes)
  let frame: Frame | null = null
  let at = 2
  for (;;) {
    const marker = view.u8(at) === 0xff ? view.u8(at + 1) : null
    if (marker === null) return frame && headerOf(frame, frame.components)
    if (marker === 0xff) at += 1
    else if (isStandalone(marker)) at += 2
    else {
      const length = view.u16(at + 2)
      if (marker === 0xda && frame) return headerOf(frame, view.u8(at + 4) ?? frame.components)
      if (marker === 0xd9 || marker === 0xda || length === null || length < 2) return frame && headerOf(frame, frame.components)
      if (isStartOfFrame(marker) && !frame) {
        frame = readFrame(view, at, isProgressive(marker))
        if (!frame) return null
      }
      at += 2 + length
    }
  }
}

function readFrame(view: ByteView, at: number, progressive: boolean): Frame | null {
  const [height, width, components] = [view.u16(at + 5), view.u16(at + 7), view.u8(at + 9)]
  if (!width || !height) return null
  const sampling = Array.from({ length: components ?? 0 }, (_, i) => view.u8(at + 11 + 3 * i) ?? 0x11)
  const [across, down] = [sampling.map((one) => one >> 4 || 1), sampling.map((one) => one & 15 || 1)]
  const whole = Math.max(1, ...across) * Math.max(1, ...down)
  const samples = sampling.reduce((sum, _, i) => sum + (across[i]! * down[i]!) / whole, 0)
  return { width, height, progressive, components: components ?? 1, coefficients: Math.ceil(width * height * samples) }
}

/** A picture in several scans is held as coefficients until the last has come. @param inFirstScan - components of the first scan */
function headerOf({ width, height, progressive, components, coefficients }: Frame, inFirstScan: number): PhotoHeader {
  const isHeld = progressive || inFirstScan < components
  return {
    mime: 'image/jpeg',
    width,
    height,
    animated: false,
    heldBytes: isHeld ? bytesOf(coefficients) : 0,
  }
}
