import type { Observation } from '@vigia/protocol'
import type { PhotoMeasures } from './photo-processor.ts'

/** Describes one photo, or a short burst of the same scene. */

export interface VisionRequest {
  /** JPEGs: upright, at most 1280 px, no metadata. Several are one burst; the first is the sharpest. */
  images: readonly Uint8Array[]
  /** BCP 47 tag of the prose. */
  language: string
  /** A free question about the photo; its answer becomes `description`. */
  prompt?: string
  /** What was measured of the first image, where the caller knows it. */
  measured?: PhotoMeasures
}

/** What an engine says; the vision service adds ids, times and quality. */
export type ObservationDraft = Pick<
  Observation,
  'description' | 'people' | 'objects' | 'text_visible' | 'surroundings' | 'activities' | 'dangers' | 'suggestions' | 'uncertain'
>

export interface Vision extends AsyncDisposable {
  readonly id: string
  readonly model: string
  readonly method: Observation['engine']['method']
  /** What a user should know of it. */
  readonly note?: string
  /** Descriptions at the same time that it gains from; 1 where it does not say. */
  readonly parallel?: number
  /**
   * @throws VigiaError `vision_failed`, `engine_crashed`, `engine_timeout`; the signal's reason when aborted
   */
  describe(request: VisionRequest, signal: AbortSignal): Promise<ObservationDraft>
}
