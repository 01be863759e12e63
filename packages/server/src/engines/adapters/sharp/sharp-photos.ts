import { availableParallelism } from 'node:os'
import { VigiaError } from '@vigia/protocol'
import { WeightedSemaphore } from '../../../std/weighted-semaphore.ts'
import { type EngineDeath, startEngineProcess } from '../../host/engine-process.ts'
import { isDeath } from '../../host/retry-once.ts'
import { type PhotoKind, type PhotoProcessor, type PreparedPhoto, VIEW_EDGE } from '../../photo-processor.ts'
import type { SharpCalls } from './sharp-calls.ts'
import { stripJpeg } from './strip-jpeg.ts'

/** Longest time for one photo, a restart of the process included; a 40 MP JPEG takes about half a second. */
const DEADLINE_MS = 15_000

/** Memory that the photos which are decoded at the same time may take together. */
const MAX_BYTES = 150_000_000

/** What decoding takes besides what it must hold, the most of all formats (16-bit PNG with alpha): a part a pixel, and pictures of 1280 px. */
const BYTES_PER_PIXEL = 2.4
const BASE_BYTES = 12_000_000

/** Photos decoded at the same time, more where there are more cores, within {@link MAX_BYTES}. */
const MAX_PARALLEL = 4

/** Deaths within five minutes behind which photos are refused for a while: a photo that ends the process may be tried twice. */
const MAX_DEATHS = 6

/**
 * glibc returns freed pixels to the system instead of keeping them: few arenas, and every large block mapped by itself. Left to
 * itself it raises that bound with each large block that is freed; a second and third 16-bit PNG then took 160 MB in place of 95.
 */
const RETURN_FREED = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' }

export interface SharpPhotosOptions {
  /** Told of each death of the photo process, for the log. */
  onDeath?: (death: EngineDeath) => void
  /** Module of the photo process; a test may put another in its place. */
  entry?: URL
  /** Photos decoded at the same time. */
  parallel?: number
}

/**
 * Prepares photos with sharp (libvips) in a process of its own: small ones beside each other, one on each core, and large ones
 * as memory allows. A photo that ends the process is not tried again; those that were decoded beside it are, each alone.
 */
export async function openSharpPhotos({
  parallel = Math.min(MAX_PARALLEL, availableParallelism()),
  entry = new URL('./sharp-child.ts', import.meta.url),
  ...options
}: SharpPhotosOptions = {}): Promise<PhotoProcessor> {
  const host = await startEngineProcess<SharpCalls>({
    entry,
    name: 'sharp photos',
    memoryMb: 128,
    env: { ...RETURN_FREED, UV_THREADPOOL_SIZE: String(Math.max(2, parallel)) },
    restart: { maxDeaths: MAX_DEATHS },
    ...options,
  })
  const room = new WeightedSemaphore(MAX_BYTES, parallel)
  const decoding = new Set<{ hadCompany: boolean }>()

  async function decode(bytes: Uint8Array, { mime, encode = false }: PhotoKind, signal: AbortSignal): Promise<PreparedPhoto> {
    const { view, ...prepared } = await host.call('prepare', { bytes, mime, encode }, { deadlineMs: DEADLINE_MS, signal })
    return { ...prepared, view: view ?? strippedOf(bytes) }
  }

  /** Null when the process ended and another photo may have been why. */
  async function decodeBeside(bytes: Uint8Array, kind: PhotoKind, signal: AbortSignal): Promise<PreparedPhoto | null> {
    const self = { hadCompany: decoding.size > 0 }
    for (const other of decoding) other.hadCompany = true
    decoding.add(self)
    try {
      return await decode(bytes, kind, signal)
    } catch (error) {
      if (self.hadCompany && isDeath(error)) return null
      throw error
    } finally {
      decoding.delete(self)
    }
  }

  return {
    id: 'sharp',
    async prepare(bytes, kind, signal) {
      const weight = BASE_BYTES + kind.heldBytes + kind.width * kind.height * BYTES_PER_PIXEL
      const prepared = await room.run(weight, () => decodeBeside(bytes, kind, signal), signal)
      return prepared ?? (await room.run(MAX_BYTES, () => decode(bytes, kind, signal), signal))
    },
    [Symbol.asyncDispose]: () => host[Symbol.asyncDispose](),
  }
}

/** The photo process decoded exactly this and found it whole. */
function strippedOf(bytes: Uint8Array): Uint8Array {
  const view = stripJpeg(bytes, { maxEdge: VIEW_EDGE })
  if (!view) throw new VigiaError('internal', 'The photo process and the gateway disagree about a photo.')
  return view
}
