import type { PhotoMime, PreparedPhoto } from '../../photo-processor.ts'

/** What the photo process says of a photo: without the view where the photo that came, stripped, is the view. */
export type FromPhotoProcess = Omit<PreparedPhoto, 'view'> & { view: Uint8Array | null }

/** The calls of the photo process. */
export type SharpCalls = {
  prepare: { params: { bytes: Uint8Array; mime: PhotoMime; encode: boolean }; result: FromPhotoProcess }
}
