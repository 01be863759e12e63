import type { Observation } from '@vigia/protocol'
import type { PhotoMeasures, PreparedPhoto } from '../engines/photo-processor.ts'
import type { StoredFrame } from '../store/store.ts'
import type { PhotoSubmission } from './service.ts'

/** A stored photo on its way to its description. */
export interface FrameWork {
  submission: PhotoSubmission
  language: string
  /** Pictures as they are stored, the sharpest first. */
  images: Uint8Array[]
  /** The sharpest picture. */
  photo: PreparedPhoto
  pending: Observation
  capturedMs: number
}

/** The row that is stored with the picture. */
export function storedFrame({ submission, photo, pending }: FrameWork): StoredFrame {
  return {
    id: pending.frame_id,
    sessionId: pending.session_id,
    owner: submission.owner,
    capturedAt: pending.captured_at,
    receivedAt: new Date(submission.arrivedAt).toISOString(),
    atMs: typeof pending.at === 'number' ? Math.round(pending.at * 1000) : null,
    mime: 'image/jpeg',
    bytes: photo.view.length,
    dhash: photo.dhash,
    observation: pending,
  }
}

/** The pictures stored beside the sharpest: its thumbnail, and the rest of a burst. */
export function pictureNames({ photo, images }: FrameWork): Record<string, Uint8Array> {
  return { thumb: photo.thumb, ...Object.fromEntries(images.slice(1).map((image, i) => [`burst${i + 1}`, image])) }
}

/** What an engine is told of a photo. */
export function measuresOf({ width, height, light, sharpness, colors, dhash }: PreparedPhoto): PhotoMeasures {
  return { width, height, light, sharpness, colors, dhash }
}
