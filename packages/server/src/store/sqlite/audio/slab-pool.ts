/** Memory for blocks on their way to disk. */
export interface SlabPool {
  /** A buffer of at least `bytes`. */
  take(bytes: number): Buffer
  /** Gives a buffer back that nobody reads any more. */
  give(slab: Buffer): void
}

/** One tick of a 16 kHz stream is 3.2 kB; a slab holds some ticks of it. */
export const SLAB_BYTES = 16 * 1024
/** Free slabs kept, 16 MiB: two for each of 500 sessions. */
const MAX_FREE = 1024

/**
 * Slabs are their own allocations: a small socket buffer of Node's is a view into a slab of 64 kB and would keep all of it
 * alive as long as one chunk waits, so chunks are copied here once and written from here.
 */
export function slabPool(): SlabPool {
  const free: Buffer[] = []
  return {
    take: (bytes) => (bytes <= SLAB_BYTES ? (free.pop() ?? Buffer.allocUnsafeSlow(SLAB_BYTES)) : Buffer.allocUnsafeSlow(bytes)),
    give(slab) {
      if (slab.length === SLAB_BYTES && free.length < MAX_FREE) free.push(slab)
    },
  }
}
