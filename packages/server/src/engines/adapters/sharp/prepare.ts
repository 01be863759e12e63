import { VigiaError } from '@vigia/protocol'
import sharp, { type Sharp } from 'sharp'
import { MEASURE_WIDTH, type PhotoMime, type PreparedPhoto, THUMB_EDGE, VIEW_EDGE } from '../../photo-processor.ts'
import { dominantColors } from './colors.ts'
import { readExifTime } from './exif-time.ts'
import { DHASH_SIZE, differenceHash, laplacianVariance, meanLuma } from './pixels.ts'

/** Runs in the photo process only: this module loads native code. */

const MAX_PIXELS = 40_000_000
const MAX_SECONDS = 10
const VIEW_QUALITY = 85
const THUMB_QUALITY = 75
/** Pixels a side of the sample in which colours are counted. */
const COLOR_SAMPLE = 48

const FORMATS: Record<PhotoMime, string> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/avif': 'heif',
}

/** Leaves four decoders and takes away the rest (SVG, PDF, TIFF, ImageMagick …), threads and cache. Call once at start. */
export function lockDown(): void {
  sharp.block({ operation: ['VipsForeignLoad'] })
  sharp.unblock({
    operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadHeif'],
  })
  sharp.concurrency(1)
  sharp.cache(false)
}

/** See `PhotoProcessor.prepare`. */
export async function preparePhoto(bytes: Uint8Array, mime: PhotoMime): Promise<PreparedPhoto> {
  try {
    return await prepare(bytes, mime)
  } catch (cause) {
    if (VigiaError.is(cause)) throw cause
    throw toVigiaError(cause)
  }
}

async function prepare(bytes: Uint8Array, mime: PhotoMime): Promise<PreparedPhoto> {
  const photo = sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true, pages: 1 })
  const metadata = await photo.metadata()
  if (metadata.format !== FORMATS[mime]) {
    throw new VigiaError('invalid_image', `The photo begins like ${mime} but holds ${metadata.format}.`)
  }
  const upright = await toUprightPixels(photo)
  const size = metadata.autoOrient
  const [view, thumb] = await Promise.all([
    upright.image().jpeg({ quality: VIEW_QUALITY }).toBuffer(),
    upright
      .image()
      .resize({ width: THUMB_EDGE, height: THUMB_EDGE, fit: 'inside', withoutEnlargement: true })
      .jpeg({ quality: THUMB_QUALITY })
      .toBuffer(),
  ])
  return {
    ...(await measure(upright.image)),
    width: size.width,
    height: size.height,
    view,
    thumb,
    exifTime: metadata.exif ? readExifTime(metadata.exif) : null,
  }
}

/** One full decode; everything else is made from its result. */
async function toUprightPixels(photo: Sharp): Promise<{ image: () => Sharp }> {
  const { data, info } = await photo
    .autoOrient()
    .resize({ width: VIEW_EDGE, height: VIEW_EDGE, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .timeout({ seconds: MAX_SECONDS })
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return { image: () => sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } }) }
}

async function measure(image: () => Sharp) {
  const grey = await image()
    .resize({ width: MEASURE_WIDTH, withoutEnlargement: true })
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true })
  const hash = await image()
    .toColourspace('b-w')
    .resize({ ...DHASH_SIZE, fit: 'fill' })
    .raw()
    .toBuffer()
  const sample = await image()
    .resize({ width: COLOR_SAMPLE, height: COLOR_SAMPLE, fit: 'fill' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  return {
    light: round(meanLuma(grey.data)),
    sharpness: round(laplacianVariance(grey.data, grey.info.width, grey.info.height)),
    colors: dominantColors(toRgb(sample.data, sample.info.channels)),
    dhash: differenceHash(hash),
  }
}

const round = (value: number): number => Math.round(value * 10) / 10

function toRgb(pixels: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return pixels
  const rgb = new Uint8Array((pixels.length / channels) * 3)
  for (let i = 0, o = 0; o < rgb.length; i += channels, o += 3) rgb.fill(pixels[i]!, o, o + 3)
  return rgb
}

function toVigiaError(cause: unknown): VigiaError {
  const text = cause instanceof Error ? cause.message : String(cause)
  if (/pixel limit/i.test(text)) {
    return new VigiaError('image_too_large', `A photo may have ${MAX_PIXELS} pixels, got more.`, { cause })
  }
  if (/timeout/i.test(text)) {
    return new VigiaError('invalid_image', `The photo was not decoded within ${MAX_SECONDS} s.`, { cause })
  }
  return new VigiaError('invalid_image', 'The photo is cut short or damaged: it could not be decoded.', {
    hint: 'Send the whole file again, as JPEG if possible.',
    cause,
  })
}
