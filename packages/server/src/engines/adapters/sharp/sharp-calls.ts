import type { PhotoMime, PreparedPhoto } from '../../photo-processor.ts'

/** The calls of the photo process. */
export type SharpCalls = {
  prepare: { params: { bytes: Uint8Array; mime: PhotoMime }; result: PreparedPhoto }
}
