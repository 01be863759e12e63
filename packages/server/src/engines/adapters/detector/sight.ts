/** What the detectors found in one photo. Coordinates are shares of width and height, 0–1, origin top left. */

export interface Box {
  left: number
  top: number
  right: number
  bottom: number
}

export interface DetectedObject {
  /** COCO class, 0–79. */
  classId: number
  /** 0–1. */
  score: number
  box: Box
}

export interface ReadText {
  text: string
  /** Mean probability of its characters, 0–1. */
  score: number
  box: Box
}

export interface ReadCode {
  /** `QRCode`, `EAN13` … */
  format: string
  text: string
}

/** The parts that look at a photo; each comes in optional packages. */
export const SIGHT_PARTS = ['objects', 'text', 'codes'] as const
export type SightPart = (typeof SIGHT_PARTS)[number]

export interface Sight {
  objects: DetectedObject[]
  texts: ReadText[]
  codes: ReadCode[]
  /** Whether text was read once more for accents, ñ, ¿ and ¡. */
  accents?: boolean
  /** Parts whose packages are not installed. */
  missing: SightPart[]
}

/** 8-bit RGB, row by row. */
export interface RgbImage {
  data: Uint8Array
  width: number
  height: number
}
