import path from 'node:path'
import type { Recording } from '../engines/audio.ts'
import { SAMPLE_RATE } from '../engines/audio.ts'
import type { AudioDecoder } from '../media/decoder.ts'
import { failPoint } from '../std/fail-point.ts'
import type { FileOps, OpenFile } from '../store/file-ops.ts'
import type { AudioRecord } from '../store/store.ts'
import { msToSamples, StreamClock, samplesToMs } from './stream-clock.ts'

/**
 * The derived recording of a session: 16 kHz mono PCM16 without header, holes for declared gaps. It can always be made
 * again from the stored stream.
 */

const BYTES_PER_SAMPLE = 2
/** Decoded audio is written in pieces of about this size. */
const WRITE_BYTES = 256 * 1024

/** Damage met while decoding, with its place on the timeline. */
export interface RecordingDamage {
  atMs: number
  bytes: number
  reason: string
}

/** A declared hole, with its place on the timeline. */
export interface RecordingGap {
  atMs: number
  ms: number
  reason: string
}

export interface WrittenRecording {
  durationMs: number
  damage: RecordingDamage[]
  gaps: RecordingGap[]
}

/**
 * Decodes a stored stream into `file`; a half-written file never stands under that name.
 *
 * @param onBytes - bytes of the stream read so far
 * @param maxMs - what lies behind it on the timeline is left out: a few bytes may announce years of silence
 */
export async function writeRecording(
  { files, path: file }: { files: FileOps; path: string },
  records: AsyncIterable<AudioRecord>,
  decoder: AudioDecoder,
  signal: AbortSignal,
  onBytes: (bytes: number) => void = () => {},
  maxMs = Number.POSITIVE_INFINITY,
): Promise<WrittenRecording> {
  await files.ensureDir(path.dirname(file))
  const temporary = `${file}.part`
  const handle = await files.open(temporary, { fresh: true })
  try {
    const writer = new RecordingWriter(handle, maxMs)
    for await (const record of records) {
      signal.throwIfAborted()
      await writer.take(record, decoder)
      failPoint('recording_half_written')
      if (record.kind === 'audio') onBytes(record.offset + record.bytes.length)
      if (writer.isFull) break
    }
    const written = await writer.end(decoder)
    await handle.close()
    await files.rename(temporary, file)
    return written
  } catch (error) {
    await handle.close().catch(() => {})
    await files.remove(temporary)
    throw error
  }
}

class RecordingWriter {
  readonly #handle: OpenFile
  readonly #maxMs: number
  readonly #clock = new StreamClock()
  readonly #damage: RecordingDamage[] = []
  readonly #gaps: RecordingGap[] = []
  #pending: Int16Array[] = []
  #pendingBytes = 0
  #position = 0

  constructor(handle: OpenFile, maxMs: number) {
    this.#handle = handle
    this.#maxMs = maxMs
  }

  get isFull(): boolean {
    return this.#clock.ms > this.#maxMs
  }

  async take(record: AudioRecord, decoder: AudioDecoder): Promise<void> {
    if (record.kind === 'audio') {
      this.#add(decoder.decode(record.bytes), decoder)
      if (this.#pendingBytes >= WRITE_BYTES) await this.#write()
    } else if (record.kind === 'gap') {
      await this.#write()
      this.#gaps.push({ atMs: this.#clock.ms, ms: record.gap.ms, reason: record.gap.reason })
      this.#clock.gap(record.gap.ms)
      this.#position = this.#clock.samples * BYTES_PER_SAMPLE
    } else {
      this.#damage.push({ atMs: this.#clock.ms, bytes: record.length, reason: 'stored audio is damaged' })
    }
  }

  async end(decoder: AudioDecoder): Promise<WrittenRecording> {
    if (!this.isFull) this.#add(decoder.end(), decoder)
    await this.#write()
    if (this.isFull) this.#damage.push({ atMs: this.#maxMs, bytes: 0, reason: 'longer than a session may be' })
    const durationMs = Math.min(this.#clock.ms, this.#maxMs)
    await this.#handle.truncate(msToSamples(durationMs) * BYTES_PER_SAMPLE)
    return { durationMs, damage: this.#damage, gaps: this.#gaps }
  }

  #add(samples: Int16Array, decoder: AudioDecoder): void {
    for (const { bytes, reason } of decoder.takeDamage()) this.#damage.push({ atMs: this.#clock.ms, bytes, reason })
    if (samples.length === 0) return
    this.#clock.audio(samples.length)
    this.#pending.push(samples)
    this.#pendingBytes += samples.byteLength
  }

  async #write(): Promise<void> {
    if (this.#pendingBytes === 0) return
    const views = this.#pending.map((samples) => new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength))
    await this.#handle.write(views, this.#position)
    this.#position += this.#pendingBytes
    this.#pending = []
    this.#pendingBytes = 0
  }
}

/** Opens a written recording for reading. */
export async function openRecording(files: FileOps, file: string): Promise<Recording & AsyncDisposable> {
  const size = await files.size(file)
  if (size === null) throw new Error('there is no derived recording')
  const total = Math.floor(size / BYTES_PER_SAMPLE)
  return {
    durationMs: samplesToMs(total),
    async read(startMs, endMs) {
      const from = Math.min(total, Math.max(0, msToSamples(startMs)))
      const to = Math.min(total, Math.max(from, msToSamples(endMs)))
      const samples = new Int16Array(to - from)
      const bytes = await files.read(file, from * BYTES_PER_SAMPLE, samples.byteLength)
      new Uint8Array(samples.buffer).set(bytes)
      return samples
    },
    async [Symbol.asyncDispose]() {},
  }
}

/** Bytes of one second of a derived recording. */
export const RECORDING_BYTES_PER_SECOND = SAMPLE_RATE * BYTES_PER_SAMPLE
