import type { PhotoKind } from '../../engines/photo-processor.ts'

/** See {@link PhotoKind}. */
export interface PhotoHeader extends PhotoKind {
  /** More than one picture inside; only the first is looked at. */
  animated: boolean
}

/** Reads one format's header: null when the bytes are cut or contradict the format. */
export type HeaderReader = (bytes: Uint8Array) => PhotoHeader | null
