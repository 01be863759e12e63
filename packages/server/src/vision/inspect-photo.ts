import { VigiaError } from '@vigia/protocol'
import { brandsOf, readAvifHeader } from './header/avif.ts'
import type { HeaderReader, PhotoHeader } from './header/header.ts'
import { readJpegHeader } from './header/jpeg.ts'
import { readPngHeader } from './header/png.ts'
import { readWebpHeader } from './header/webp.ts'

/** Limits on a photo before it is decoded. */
export interface PhotoLimits {
  maxBytes: number
  /** Width × height. */
  maxPixels: number
  /** Memory that a decoder must hold at once. */
  maxHeldBytes: number
}

/**
 * 15 MB hold a 40 MP phone JPEG. What each kind takes is measured in docs/vision.md; pictures that are held whole while they are
 * decoded are bounded by that (7.5 MP of AVIF, 18 MP of the widest interlaced PNG, 22 MP of JPEG in scans without subsampled colours).
 */
export const PHOTO_LIMITS: PhotoLimits = { maxBytes: 15_000_000, maxPixels: 40_000_000, maxHeldBytes: 150_000_000 }

/** Longest side; JPEG's own limit. */
const MAX_SIDE = 65_535

const ACCEPTED = 'Send JPEG, PNG, WebP or AVIF.'

/**
 * Tells what a photo is from its first bytes, and refuses what must not reach a decoder. Decodes nothing.
 *
 * @throws VigiaError `invalid_image` (empty, cut, contradictory), `unsupported_image` (another format), `image_too_large`
 */
export function inspectPhoto(bytes: Uint8Array, limits: PhotoLimits = PHOTO_LIMITS): PhotoHeader {
  if (bytes.length === 0) throw new VigiaError('invalid_image', 'Expected a photo, got zero bytes.', { hint: ACCEPTED })
  if (bytes.length > limits.maxBytes) {
    throw new VigiaError('image_too_large', `A photo may have ${limits.maxBytes} bytes, got ${bytes.length}.`, {
      hint: 'Scale it down before sending; 1280 px on the long edge is all that is looked at.',
    })
  }
  const header = readerFor(bytes)(bytes)
  if (!header) {
    throw new VigiaError('invalid_image', 'The photo is cut short or damaged: its header states no size.', {
      hint: 'Send the whole file again.',
    })
  }
  refuseTooManyPixels(header, limits)
  refuseTooMuchMemory(header, limits)
  return header
}

function refuseTooManyPixels({ width, height }: PhotoHeader, limits: PhotoLimits): void {
  if (width * height <= limits.maxPixels && width <= MAX_SIDE && height <= MAX_SIDE) return
  throw new VigiaError('image_too_large', `A photo may have ${limits.maxPixels} pixels, got ${width} × ${height}.`, {
    hint: 'Scale it down before sending; 1280 px on the long edge is all that is looked at.',
  })
}

function refuseTooMuchMemory({ mime, width, height, heldBytes }: PhotoHeader, limits: PhotoLimits): void {
  if (heldBytes <= limits.maxHeldBytes) return
  const most = Math.floor((limits.maxHeldBytes / heldBytes) * width * height)
  const what = `A photo in this kind of ${mime} may have ${most} pixels, got ${width} × ${height}.`
  throw new VigiaError('image_too_large', what, { hint: 'Scale it down before sending, or send JPEG.' })
}

function readerFor(bytes: Uint8Array): HeaderReader {
  const head = String.fromCharCode(...bytes.subarray(0, 16))
  if (head.startsWith('\xff\xd8\xff')) return readJpegHeader
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return readPngHeader
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return readWebpHeader
  const brands = brandsOf(bytes)
  if (brands?.some((brand) => brand === 'avif' || brand === 'avis')) return readAvifHeader
  throw unsupported(head, brands)
}

const HEVC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1'])

function unsupported(head: string, brands: string[] | null): VigiaError {
  const refuse = (what: string, hint = ACCEPTED) =>
    new VigiaError('unsupported_image', `Expected JPEG, PNG, WebP or AVIF, got ${what}.`, { hint })
  if (brands?.some((brand) => HEVC_BRANDS.has(brand))) {
    return refuse('HEIC', 'Have the phone take photos in its most compatible format (JPEG), or convert before sending.')
  }
  if (/^GIF8[79]a/.test(head)) return refuse('GIF', 'Send one picture as JPEG, PNG, WebP or AVIF.')
  if (head.startsWith('II*\0') || head.startsWith('MM\0*')) return refuse('TIFF')
  if (head.startsWith('BM')) return refuse('BMP')
  if (head.startsWith('%PDF')) return refuse('PDF')
  if (/^(\xef\xbb\xbf)?\s*<(\?xml|svg|!)/i.test(head)) return refuse('SVG or another XML text')
  if (brands) return refuse('a video')
  return refuse(/^[\t\n\r\x20-\x7e]+$/.test(head) ? 'text' : 'bytes of an unknown format')
}
