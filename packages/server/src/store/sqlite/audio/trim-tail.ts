import type { FileOps } from '../files.ts'
import { SEGMENT_FILE, type StorePaths } from '../paths.ts'
import type { AudioManifest } from './read-audio.ts'
import { readSegment } from './segment-reader.ts'
import type { SegmentMeta } from './segment-writer.ts'

/** End of the newest segment that is read back at start: enough to see a torn write, cheap with a thousand sessions. */
const VERIFIED_BYTES = 256 * 1024

export interface TrimOptions {
  files: FileOps
  paths: StorePaths
  sessionId: string
  manifest: AudioManifest
}

export interface TrimResult {
  /** The segment that can be appended to; null when it is shorter than it should be, or there is none. */
  tail: SegmentMeta | null
  /** Bytes of files that were cut: never acknowledged. */
  cutBytes: number
  /** Bytes of files that should be there and are not. */
  missingBytes: number
}

/** Cuts everything beyond what the database says is durable. Doing it again, or half of it, changes nothing. */
export async function trimTail({ files, paths, sessionId, manifest }: TrimOptions): Promise<TrimResult> {
  const lengths = new Map(manifest.segments.map(({ no, length }) => [no, length]))
  let cutBytes = await removeStrays({ files, paths, sessionId }, lengths)
  let missingBytes = 0
  let lastIsWhole = false
  for (const { no, length } of manifest.segments) {
    const path = paths.audioSegment(sessionId, no)
    const size = (await files.size(path)) ?? 0
    if (size > length) await truncate(files, path, length)
    cutBytes += Math.max(0, size - length)
    missingBytes += Math.max(0, length - size)
    lastIsWhole = size >= length
  }
  const last = manifest.segments.at(-1)
  return { tail: last && lastIsWhole ? { ...last } : null, cutBytes, missingBytes }
}

/** Bytes at the end of the recording that are there and no intact block although they should be. */
export async function brokenTailBytes({ files, paths, sessionId, manifest }: TrimOptions): Promise<number> {
  const last = manifest.segments.at(-1)
  if (!last) return 0
  const path = paths.audioSegment(sessionId, last.no)
  const length = Math.min(last.length, (await files.size(path)) ?? 0)
  const base = Math.max(0, length - VERIFIED_BYTES)
  const readAt = async (position: number, length: number): Promise<Buffer> => await files.read(path, base + position, length)
  let broken = 0
  let synchronized = base === 0
  for await (const item of readSegment(readAt, { ...last, length: length - base })) {
    // Where reading begins in the middle of a block, its rest is no fault.
    if (item.kind === 'broken' && synchronized) broken += item.end - item.position
    synchronized = true
  }
  return broken
}

/** Segment files that the database does not know were never acknowledged. */
async function removeStrays(options: Omit<TrimOptions, 'manifest'>, known: ReadonlyMap<number, number>): Promise<number> {
  const { files, paths, sessionId } = options
  const dir = paths.audioDir(sessionId)
  let bytes = 0
  for (const name of await files.list(dir)) {
    const digits = SEGMENT_FILE.exec(name)?.[1]
    if (digits === undefined || known.has(Number(digits))) continue
    const path = paths.audioSegment(sessionId, Number(digits))
    bytes += (await files.size(path)) ?? 0
    await files.remove(path)
  }
  return bytes
}

async function truncate(files: FileOps, path: string, length: number): Promise<void> {
  const file = await files.open(path)
  try {
    await file.truncate(length)
    await file.sync()
  } finally {
    await file.close()
  }
}
