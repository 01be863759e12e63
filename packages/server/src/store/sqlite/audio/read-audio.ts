import type { AudioRecord, StreamGap } from '../../store.ts'
import type { FileOps } from '../files.ts'
import { readSegment } from './segment-reader.ts'
import type { SegmentMeta } from './segment-writer.ts'

/** What of a session is durable, as the database says. */
export interface AudioManifest {
  receivedBytes: number
  /** By number. */
  segments: readonly SegmentMeta[]
  /** In stream order. */
  gaps: readonly StreamGap[]
}

export interface ReadAudioOptions {
  files: FileOps
  manifest: AudioManifest
  pathOf: (no: number) => string
  /** First byte wanted. */
  from: number
  /** Packets are given whole, also the one that `from` lies in. */
  packets: boolean
}

/** Durable audio, gaps and damage in stream order; the parts join without holes and end at `receivedBytes`. */
export async function* readAudio(options: ReadAudioOptions): AsyncGenerator<AudioRecord> {
  const { manifest, from } = options
  const gaps = manifest.gaps.filter(({ atByte }) => atByte >= from).sort((a, b) => a.atByte - b.atByte)
  let at = from
  for await (const piece of pieces(options)) {
    yield* upTo(piece.offset, at, gaps)
    yield* dueGaps(gaps, piece.offset)
    yield { kind: 'audio', ...piece }
    at = piece.offset + piece.bytes.length
  }
  yield* upTo(manifest.receivedBytes, at, gaps)
  yield* dueGaps(gaps, manifest.receivedBytes)
}

/** What is missing between `at` and `end` is damage, cut at the gaps that stand in it. */
function* upTo(end: number, at: number, gaps: StreamGap[]): Generator<AudioRecord> {
  let start = at
  while (start < end) {
    yield* dueGaps(gaps, start)
    const stop = Math.min(end, gaps[0]?.atByte ?? end)
    yield { kind: 'damage', offset: start, length: stop - start }
    start = stop
  }
}

function* dueGaps(gaps: StreamGap[], byte: number): Generator<AudioRecord> {
  while (gaps[0] && gaps[0].atByte <= byte) yield { kind: 'gap', gap: gaps.shift()! }
}

/** Intact audio from `from` on; every byte at most once, although a file that was given up may repeat what the next one holds. */
async function* pieces(options: ReadAudioOptions): AsyncGenerator<{ offset: number; bytes: Uint8Array }> {
  const { manifest, files, pathOf } = options
  let at = options.from
  for (const segment of manifest.segments) {
    if (segment.endByte <= at) continue
    const path = pathOf(segment.no)
    const size = Math.min((await files.size(path)) ?? 0, segment.length)
    const readAt = async (position: number, length: number): Promise<Buffer> => await files.read(path, position, length)
    for await (const item of readSegment(readAt, { ...segment, length: size })) {
      if (item.kind === 'broken' || item.header.type === 'gap') continue
      const { offset, length } = item.header
      if (offset + length <= at) continue
      const bytes = offset < at && !options.packets ? item.payload.subarray(at - offset) : item.payload
      at = offset + length
      yield { offset: at - bytes.length, bytes }
    }
  }
}
