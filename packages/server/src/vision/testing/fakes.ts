import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PhotoKind, PhotoProcessor, PreparedPhoto } from '../../engines/photo-processor.ts'
import type { ObservationDraft, Vision, VisionRequest } from '../../engines/vision.ts'
import type { SessionRecord, Store, StoredFrame } from '../../store/store.ts'
import { EMPTY_DRAFT } from '../observation.ts'

/** Stand-ins of the vision room's ports, for tests. */

/** A processor that finds whatever it is told, in order; the last stays. */
export function fakePhotos(...photos: Partial<PreparedPhoto>[]): PhotoProcessor & { prepared: number; kinds: PhotoKind[] } {
  const processor = {
    id: 'fake',
    prepared: 0,
    kinds: [] as PhotoKind[],
    async prepare(_bytes: Uint8Array, kind: PhotoKind): Promise<PreparedPhoto> {
      processor.kinds.push(kind)
      const change = photos[Math.min(processor.prepared, photos.length - 1)] ?? {}
      processor.prepared += 1
      return { ...FOUND, view: Uint8Array.of(0xff, 0xd8, processor.prepared), ...change }
    },
    async [Symbol.asyncDispose]() {},
  }
  return processor
}

const FOUND: PreparedPhoto = {
  width: 640,
  height: 480,
  light: 120,
  sharpness: 700,
  colors: ['gris'],
  dhash: '0123456789abcdef',
  view: new Uint8Array(),
  thumb: Uint8Array.of(1),
  exifTime: null,
}

export interface HeldCall {
  request: VisionRequest
  signal: AbortSignal
  answer(draft: Partial<ObservationDraft>): void
  fail(error: unknown): void
}

/** A vision engine whose answers the test gives. */
export function heldVision(): Vision & { calls: HeldCall[] } {
  const calls: HeldCall[] = []
  return {
    id: 'held',
    model: 'test',
    method: 'model',
    calls,
    describe: (request, signal) =>
      new Promise((resolve, reject) => {
        calls.push({ request, signal, answer: (draft) => resolve({ ...structuredClone(EMPTY_DRAFT), ...draft }), fail: reject })
      }),
    async [Symbol.asyncDispose]() {},
  }
}

/** A vision engine that answers at once: `foto 1`, `foto 2` … */
export function countingVision(change: Partial<ObservationDraft> = {}): Vision & { requests: VisionRequest[] } {
  const requests: VisionRequest[] = []
  return {
    id: 'counting',
    model: 'test',
    method: 'model',
    requests,
    async describe(request) {
      requests.push(request)
      return { ...structuredClone(EMPTY_DRAFT), description: `foto ${requests.length}`, ...change }
    },
    async [Symbol.asyncDispose]() {},
  }
}

type FrameStore = Pick<Store, 'frames' | 'sessions'>

/** The frames part of a store on a temporary folder; sessions are those given. */
export async function fakeStore(
  sessions: Pick<SessionRecord, 'id' | 'owner' | 'language'>[] = [],
): Promise<FrameStore & AsyncDisposable & { rows: Map<string, StoredFrame>; images: Map<string, Uint8Array> }> {
  const dir = await mkdtemp(join(tmpdir(), 'vigia-frames-'))
  const rows = new Map<string, StoredFrame>()
  const images = new Map<string, Uint8Array>()
  const nameOf = (id: string, variant?: string) => (variant ? `${id}.${variant}` : id)
  const frames: Store['frames'] = {
    async put(frame, image, derived = {}) {
      rows.set(frame.id, structuredClone(frame))
      images.set(frame.id, image)
      for (const [variant, bytes] of Object.entries(derived)) images.set(nameOf(frame.id, variant), bytes)
      for (const name of images.keys()) await writeFile(join(dir, name), images.get(name) ?? '')
    },
    async update(id, patch) {
      const row = rows.get(id)
      if (row) rows.set(id, { ...row, ...structuredClone(patch) })
    },
    get: async (id) => structuredClone(rows.get(id) ?? null),
    image: async (id, variant) =>
      images.has(nameOf(id, variant)) ? { bytes: Buffer.from(images.get(nameOf(id, variant)) ?? ''), mime: 'image/jpeg' } : null,
    list: async (sessionId) => [...rows.values()].filter((row) => row.sessionId === sessionId),
    pending: async (limit) => [...rows.values()].filter((row) => row.observation?.status === 'pending').slice(0, limit),
    async erase(id) {
      rows.delete(id)
    },
  }
  const found = (id: string) => (sessions.find((session) => session.id === id) ?? null) as SessionRecord | null
  return {
    rows,
    images,
    frames,
    sessions: { get: async (id: string) => found(id) } as Store['sessions'],
    [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }),
  }
}
