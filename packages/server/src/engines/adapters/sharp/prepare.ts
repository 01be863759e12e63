import { VigiaError } from '@vigia/protocol'
import sharp, { type Sharp } from 'sharp'
import { MEASURE_WIDTH, type PhotoMeasures, type PhotoMime, THUMB_EDGE, VIEW_EDGE } from '../../photo-processor.ts'
import { dominantColors } from './colors.ts'
import { readExifTime } from './exif-time.ts'
import { boxScale, DHASH_SIZE, differenceHash, laplacianVariance, lumaOf, meanLuma, type Pixels } from './pixels.ts'
import type { FromPhotoProcess } from './sharp-calls.ts'
import { stripJpeg } from './strip-jpeg.ts'

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
export async function preparePhoto(bytes: Uint8Array, mime: PhotoMime, encode: boolean): Promise<FromPhotoProcess> {
  try {
    return await prepare(bytes, mime, encode)
  } catch (cause) {
    if (VigiaError.is(cause)) throw cause
    throw toVigiaError(cause)
  }
}

async function prepare(bytes: Uint8Array, mime: PhotoMime, encode: boolean): Promise<FromPhotoProcess> {
  const metadata = await openPhoto(bytes).metadata()
  if (metadata.format !== FORMATS[mime]) {
    throw new VigiaError('invalid_image', `The photo begins like ${mime} but holds ${metadata.format}.`)
  }
  const { width, height } = metadata.autoOrient
  const isUpright = (metadata.orientation ?? 1) === 1
  const kept = !encode && mime === 'image/jpeg' && isUpright ? stripJpeg(bytes, { maxEdge: VIEW_EDGE }) : null
  const { view, small } = kept ? { view: null, small: await toSmall(openPhoto(kept)) } : await encodeView(openPhoto(bytes))
  const thumb = await fromPixels(small)
    .resize({ width: THUMB_EDGE, height: THUMB_EDGE, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality: THUMB_QUALITY, optimiseCoding: false })
    .toBuffer()
  return { ...measure(small), width, height, view, thumb, exifTime: metadata.exif ? readExifTime(metadata.exif) : null }
}

const openPhoto = (bytes: Uint8Array): Sharp =>
  sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PIXELS, sequentialRead: true, pages: 1 })

/** A photo that stays as it came is decoded at the scale of the measures at once, all of it, so that damage shows. */
async function toSmall(photo: Sharp): Promise<Pixels> {
  return await toPixels(photo.resize({ width: MEASURE_WIDTH, withoutEnlargement: true }).timeout({ seconds: MAX_SECONDS }))
}

/** One decode; the view and the small picture that is measured are made from its result. */
async function encodeView(photo: Sharp): Promise<{ view: Uint8Array; small: Pixels }> {
  const upright = await toPixels(
    photo
      .autoOrient()
      .resize({ width: VIEW_EDGE, height: VIEW_EDGE, fit: 'inside', withoutEnlargement: true })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .timeout({ seconds: MAX_SECONDS }),
  )
  const [view, small] = await Promise.all([
    fromPixels(upright).jpeg({ quality: VIEW_QUALITY }).toBuffer(),
    upright.width <= MEASURE_WIDTH ? upright : toPixels(fromPixels(upright).resize({ width: MEASURE_WIDTH })),
  ])
  return { view, small }
}

async function toPixels(image: Sharp): Promise<Pixels> {
  const { data, info } = await image.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height, channels: info.channels }
}

const fromPixels = ({ data, width, height, channels }: Pixels): Sharp =>
  sharp(data, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } })

function measure(small: Pixels): Pick<PhotoMeasures, 'light' | 'sharpness' | 'colors' | 'dhash'> {
  const { width, height } = small
  const luma = lumaOf(small)
  return {
    light: round(meanLuma(luma)),
    sharpness: round(laplacianVariance(luma, width, height)),
    colors: dominantColors(toRgb(boxScale(small, COLOR_SAMPLE, COLOR_SAMPLE))),
    dhash: differenceHash(boxScale({ data: luma, width, height, channels: 1 }, DHASH_SIZE.width, DHASH_SIZE.height).data),
  }
}

const round = (value: number): number => Math.round(value * 10) / 10

function toRgb({ data, channels }: Pixels): Uint8Array {
  if (channels === 3) return data
  const rgb = new Uint8Array((data.length / channels) * 3)
  for (let i = 0, o = 0; o < rgb.length; i += channels, o += 3) rgb.fill(data[i]!, o, o + 3)
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
