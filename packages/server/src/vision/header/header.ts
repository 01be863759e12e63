import type { PhotoMime } from '../../engines/photo-processor.ts'

/** What a photo's header states, before any pixel is decoded. Width and height are as stored, before EXIF rotation. */
export interface PhotoHeader {
  mime: PhotoMime
  width: number
  height: number
  /** More than one picture inside; only the first is looked at. */
  animated: boolean
  /** Memory that decoding must hold at once, where it cannot be done line by line; else 0. */
  heldBytes: number
}

/** Reads one format's header: null when the bytes are cut or contradict the format. */
export type HeaderReader = (bytes: Uint8Array) => PhotoHeader | null
