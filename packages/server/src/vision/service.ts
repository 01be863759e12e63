import type { Observation } from '@vigia/protocol'
import type { PhotoProcessor } from '../engines/photo-processor.ts'
import type { Vision } from '../engines/vision.ts'
import type { Clock } from '../std/clock.ts'
import type { Store } from '../store/store.ts'
import type { Alert } from './alerts.ts'
import type { PhotoLimits } from './inspect-photo.ts'

/**
 * The eyes: a photo comes in, is made safe, stored, placed on its session's timeline and described. Knows no wire.
 *
 * Only the upright picture is stored. The file that came, and with it position, camera and any payload beside the picture, is
 * never written to disk.
 */

/** Most pictures in one burst. */
export const MAX_BURST = 6

export interface PhotoSubmission {
  /** One photo, or a burst of the same scene; of a burst the sharpest stands for it. Read, not kept. */
  bytes: Uint8Array | readonly Uint8Array[]
  sessionId: string | null
  /** The API key's id; null when the server is open. */
  owner: string | null
  /** When the photo was taken, by the client's clock: ISO 8601 or milliseconds since 1970. */
  timestamp?: string | number | undefined
  /** A free question about the photo. */
  prompt?: string | undefined
  /** BCP 47 tag of the prose; the session's language by default, then Spanish. */
  language?: string | undefined
  /** When the request began, milliseconds since 1970. */
  arrivedAt: number
}

export interface SubmittedPhoto {
  frameId: string
  /** As stored, before it was described. */
  pending: Observation
  /**
   * Settles when the photo was described. Rejections are handled: it need not be awaited.
   *
   * @throws VigiaError `vision_superseded`, `vision_failed`, `rate_limited`, `engine_crashed`, `engine_timeout`, `storage_failed`
   */
  observation: Promise<Observation>
}

export interface VisionServiceOptions {
  photos: PhotoProcessor
  vision: Vision
  /** Whether other models than `vision` see photos too. What models see is encoded again, whatever it was. */
  feedsModels?: () => boolean
  store: Pick<Store, 'frames' | 'sessions'>
  /** Where on a session's timeline a moment lies, ms; null when it is not known. */
  locate: (sessionId: string, capturedAt: Date) => Promise<number | null>
  /** Awaited before an observation is stored as settled, with the dangers to announce in it: what must not be lost is noted here. Must not reject. */
  beforeSettled?: (observation: Observation, alerts: readonly Alert[]) => Promise<void>
  /** Called with every observation that is `done`, `failed` or `superseded`, after it was stored. Must not throw. */
  onObservation?: (observation: Observation) => void
  /** Called with each danger to announce in a session. Must not throw. */
  onAlert?: (sessionId: string, alert: Alert) => void
  clock?: Clock
  newFrameId?: () => string
  limits?: PhotoLimits
  /** Photos that may wait for the engine, over all sessions. */
  maxWaiting?: number
  /** Photos that may be decoded or wait for it, over all sessions. */
  maxPreparing?: number
  /** Longest time the engine may take for one photo, ms. */
  deadlineMs?: number
}

export interface VisionService extends AsyncDisposable {
  /**
   * Resolves when the photo is durable.
   *
   * @throws VigiaError `invalid_image`, `unsupported_image`, `image_too_large`, `session_not_found`, `rate_limited`,
   * `engine_crashed`, `storage_failed`, `storage_full`
   */
  submit(submission: PhotoSubmission): Promise<SubmittedPhoto>
  /**
   * Describes the photos that the last run stored and did not describe. Resolves when they wait for the engine.
   *
   * @returns how many
   */
  recover(): Promise<number>
  /** Forgets what is remembered of a session that was erased. */
  forget(sessionId: string): void
  /** The vision engine in use. */
  readonly engine: Pick<Vision, 'id' | 'model' | 'method'>
  /** Photos being decoded and waiting for the engine. */
  readonly load: { preparing: number; waiting: number }
}
