import { ByteView } from './byte-view.ts'
import type { PhotoHeader } from './header.ts'

interface Box {
  type: string
  /** First byte of the content. */
  start: number
  end: number
}

/** AV1 is decoded whole: 250 MB for 12 MP, 767 MB for 40 MP (libvips 8.18, libheif, dav1d). */
const HELD_PER_PIXEL = 20

/** Ten and twelve bits are held in two bytes each. */
const DEEP = 2

/** Boxes looked at on one level. */
const MAX_BOXES = 256

/** The brands of the `ftyp` box (ISO/IEC 14496-12 §4.3), or null when there is none. */
export function brandsOf(bytes: Uint8Array): string[] | null {
  const view = new ByteView(bytes)
  const size = view.u32(0)
  if (size === null || size < 16 || size > 4096 || view.text(4, 4) !== 'ftyp') return null
  const brands = [view.text(8, 4)]
  for (let at = 16; at + 4 <= size; at += 4) brands.push(view.text(at, 4))
  return brands.filter((brand) => brand !== null)
}

/**
 * Finds the picture's size in `meta/iprp/ipco/ispe` (ISO/IEC 23008-12 §6.5.3). Of several (tiles, thumbnails) the largest counts,
 * so that a limit on it covers all that a decoder may unfold.
 */
export function readAvifHeader(bytes: Uint8Array): PhotoHeader | null {
  const view = new ByteView(bytes)
  const meta = find(view, { start: 0, end: view.length }, 'meta')
  const properties = meta && find(view, { start: meta.start + 4, end: meta.end }, 'iprp')
  const container = properties && find(view, properties, 'ipco')
  if (!container) return null
  let largest: { width: number; height: number } | null = null
  for (const box of boxes(view, container)) {
    if (box.type !== 'ispe') continue
    const width = view.u32(box.start + 4)
    const height = view.u32(box.start + 8)
    if (width && height && (!largest || width * height > largest.width * largest.height)) largest = { width, height }
  }
  return (
    largest && {
      mime: 'image/avif',
      ...largest,
      animated: brandsOf(bytes)?.[0] === 'avis',
      heldBytes: largest.width * largest.height * HELD_PER_PIXEL * (isDeep(view, container) ? DEEP : 1),
    }
  )
}

/** `high_bitdepth` of any AV1 configuration (AV1 in ISOBMFF §2.3.3). */
function isDeep(view: ByteView, container: Pick<Box, 'start' | 'end'>): boolean {
  for (const box of boxes(view, container)) if (box.type === 'av1C' && ((view.u8(box.start + 2) ?? 0) & 0x40) !== 0) return true
  return false
}

function find(view: ByteView, within: Pick<Box, 'start' | 'end'>, type: string): Box | null {
  for (const box of boxes(view, within)) if (box.type === type) return box
  return null
}

function* boxes(view: ByteView, within: Pick<Box, 'start' | 'end'>): Generator<Box> {
  let at = within.start
  for (let i = 0; i < MAX_BOXES && at + 8 <= within.end; i++) {
    const size = view.u32(at)
    const type = view.text(at + 4, 4)
    if (size === null || type === null) return
    const end = size === 0 ? within.end : at + size
    if (end < at + 8 || end > within.end) return
    yield { type, start: at + 8, end }
    at = end
  }
}
