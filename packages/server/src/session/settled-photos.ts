import { VigiaError } from '@vigia/protocol'
import type { Clock } from '../std/clock.ts'
import { sleep } from '../std/sleep.ts'
import type { Store, StoredFrame } from '../store/store.ts'

/** Longest wait for the descriptions of photos that came just before the end. */
const MAX_WAIT_MS = 30_000
const LOOK_EVERY_MS = 250

/**
 * The session's photos once each is described, or as they are after {@link MAX_WAIT_MS}.
 *
 * @param onProgress - photos that are described, and all
 */
export async function settledPhotos(
  store: Pick<Store, 'frames'>,
  clock: Clock,
  sessionId: string,
  signal: AbortSignal,
  onProgress: (done: number, total: number) => void,
): Promise<StoredFrame[]> {
  const deadlineMs = clock.now() + MAX_WAIT_MS
  for (;;) {
    if (signal.aborted) throw signal.reason ?? new VigiaError('aborted', 'finishing was stopped')
    const frames = await store.frames.list(sessionId)
    const pending = frames.filter((frame) => frame.observation?.status === 'pending').length
    if (frames.length > 0) onProgress(frames.length - pending, frames.length)
    if (pending === 0 || clock.now() >= deadlineMs) return frames
    await sleep(clock, LOOK_EVERY_MS, signal)
  }
}
