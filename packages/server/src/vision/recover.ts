import type { Observation } from '@vigia/protocol'
import type { PreparedPhoto } from '../engines/photo-processor.ts'
import type { Store, StoredFrame } from '../store/store.ts'
import type { FrameWork } from './frame-work.ts'
import { MAX_BURST } from './service.ts'

/** Photos that a stopped or killed server stored and did not describe, as work to be done. */

/** @returns oldest first; a photo whose picture cannot be read is left out */
export async function readPending(store: Pick<Store, 'frames'>, limit: number): Promise<FrameWork[]> {
  const frames = await store.frames.pending(limit)
  const works = await Promise.all(frames.map((frame) => toWork(store, frame)))
  return works.filter((work) => work !== null)
}

async function toWork(store: Pick<Store, 'frames'>, frame: StoredFrame): Promise<FrameWork | null> {
  const pending = frame.observation
  const images = await readImages(store, frame.id)
  const [view] = images
  if (!pending || !view) return null
  return {
    submission: {
      bytes: view,
      sessionId: frame.sessionId,
      owner: frame.owner,
      prompt: pending.prompt,
      arrivedAt: Date.parse(frame.receivedAt),
    },
    language: pending.language ?? 'es',
    images,
    photo: photoOf(pending, frame.dhash ?? '0'.repeat(16), view),
    pending,
    capturedMs: Date.parse(frame.capturedAt),
  }
}

async function readImages(store: Pick<Store, 'frames'>, id: string): Promise<Uint8Array[]> {
  const images: Uint8Array[] = []
  for (let i = 0; i < MAX_BURST; i++) {
    // a damaged photo is not described
    const stored = await store.frames.image(id, i === 0 ? undefined : `burst${i}`).catch(() => null)
    if (!stored) break
    images.push(stored.bytes)
  }
  return images
}

/** What was measured, as the pending observation has it. */
function photoOf({ size, quality }: Observation, dhash: string, view: Uint8Array): PreparedPhoto {
  const [width, height] = size
  const { light, sharpness, colors } = quality
  return { width, height, light, sharpness, colors, dhash, view, thumb: new Uint8Array(), exifTime: null }
}
