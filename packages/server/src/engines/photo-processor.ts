/** Turns photos as they come into safe JPEGs and measures them; decoding is native code and runs outside the gateway. */

/** What can be measured of a photo without any model. */
export interface PhotoMeasures {
  /** Size of the upright photo as it came, px. */
  width: number
  height: number
  /** Mean luma, 0–255. */
  light: number
  /** Variance of the Laplacian at {@link MEASURE_WIDTH}; see `vision/gate.ts` for what the numbers mean. */
  sharpness: number
  /** Dominant colours by Spanish name, the most frequent first; at most three. */
  colors: string[]
  /** 64-bit difference hash, 16 hex digits. */
  dhash: string
}

/** Width at which sharpness is measured, px; narrower photos are measured as they are. */
export const MEASURE_WIDTH = 640

/** Long edge of the JPEG that engines see and the store keeps, px. */
export const VIEW_EDGE = 1280

/** Long edge of the thumbnail, px. */
export const THUMB_EDGE = 320

/** Formats that are decoded. */
export type PhotoMime = 'image/jpeg' | 'image/png' | 'image/webp' | 'image/avif'

/** What the header of a photo states, before any pixel is decoded. Width and height are as stored, before EXIF rotation. */
export interface PhotoKind {
  mime: PhotoMime
  width: number
  height: number
  /** Memory that decoding must hold at once, where it cannot be done line by line; else 0. */
  heldBytes: number
  /** Its pictures go to engines with decoders of their own: they are encoded again in any case. */
  encode?: boolean
}

export interface PreparedPhoto extends PhotoMeasures {
  /**
   * JPEG, upright, sRGB, at most {@link VIEW_EDGE} px, no metadata. The coded picture of the photo that came where that is one
   * already, else encoded again.
   */
  view: Uint8Array
  /** The same at {@link THUMB_EDGE} px. */
  thumb: Uint8Array
  /** When the camera says it took the photo: ISO 8601, with an offset only if the photo states one; null without EXIF time. */
  exifTime: string | null
}

export interface PhotoProcessor extends AsyncDisposable {
  readonly id: string
  /**
   * Decodes, turns upright, strips all metadata and measures. Only the first picture of an animation is looked at.
   *
   * @param bytes - a photo whose header was inspected; read, not kept
   * @throws VigiaError `invalid_image`, `image_too_large`, `engine_crashed`, `engine_timeout`; the signal's reason when aborted
   */
  prepare(bytes: Uint8Array, kind: PhotoKind, signal: AbortSignal): Promise<PreparedPhoto>
}
