import { Mutex } from '../../../std/mutex.ts'
import { type EngineDeath, startEngineProcess } from '../../host/engine-process.ts'
import type { PhotoProcessor } from '../../photo-processor.ts'
import type { SharpCalls } from './sharp-calls.ts'

/** Longest time for one photo, a restart of the process included; a 40 MP JPEG takes about half a second. */
const DEADLINE_MS = 15_000

export interface SharpPhotosOptions {
  /** Told of each death of the photo process, for the log. */
  onDeath?: (death: EngineDeath) => void
}

/**
 * Prepares photos with sharp (libvips) in a process of its own, one at a time, so that one photo's pixels are all that is ever
 * held. A photo that ends the process is not tried again: it would do it again.
 */
export async function openSharpPhotos(options: SharpPhotosOptions = {}): Promise<PhotoProcessor> {
  const host = await startEngineProcess<SharpCalls>({
    entry: new URL('./sharp-child.ts', import.meta.url),
    name: 'sharp photos',
    memoryMb: 128,
    // Return freed pixels to the system instead of keeping arenas per thread.
    env: { MALLOC_ARENA_MAX: '2', UV_THREADPOOL_SIZE: '2' },
    ...options,
  })
  const turn = new Mutex()
  return {
    id: 'sharp',
    prepare: (bytes, mime, signal) =>
      turn.run(() => host.call('prepare', { bytes, mime }, { deadlineMs: DEADLINE_MS, signal }), signal),
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}
