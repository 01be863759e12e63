import { VigiaError } from '@vigia/protocol'
import { ByteBuffer } from './byte-buffer.ts'
import { type ByteSource, report, type Sink } from './byte-source.ts'
import { ascii } from './bytes.ts'
import { decodeFlacFrame } from './flac-frame.ts'
import { type FlacFrameHeader, type FlacStreamInfo, parseStreamInfo } from './flac-header.ts'
import { type FlacFrame, FlacSplitter } from './flac-splitter.ts'
import { MAX_SAMPLE_RATE, MIN_SAMPLE_RATE } from './resample.ts'
import { StreamStart } from './stream-start.ts'

const STREAM_INFO = 0
const STREAM_INFO_BYTES = 34
const LAST_BLOCK = 0x80
/** Longest loss that is filled with silence. */
const MAX_GAP_MS = 60_000

/**
 * FLAC (RFC 9639) by our own decoder: frames are numbered and checksummed, so a damaged one is left out and becomes silence
 * of its length. The wasm build of libFLAC at hand stops for good at the first bad frame.
 */
export class FlacSource implements ByteSource {
  readonly #sink: Sink
  readonly #start = new StreamStart('flac')
  readonly #head = new ByteBuffer()
  #state: 'magic' | 'metadata' | 'frames' = 'magic'
  /** Bytes of a metadata block that are passed over. */
  #passing = 0
  #splitter = new FlacSplitter(null)
  /** Where the next frame begins, samples; null before the first. */
  #nextSample: number | null = null
  /** Samples of a frame in a stream of fixed frames: that of the first, as the last may be shorter. */
  #fixedSize = 0

  constructor(sink: Sink) {
    this.#sink = sink
  }

  push(bytes: Uint8Array): void {
    const passed = Math.min(this.#passing, bytes.length)
    this.#passing -= passed
    const rest = bytes.subarray(passed)
    if (this.#state === 'frames') this.#splitter.append(rest)
    else this.#begin(rest)
    if (this.#state !== 'frames') return
    for (let frame = this.#splitter.next(); frame; frame = this.#splitter.next()) this.#frame(frame)
    this.#start.check(new Uint8Array(0), this.#splitter.skipped)
  }

  end(): void {
    for (let frame = this.#splitter.end(); frame; frame = this.#splitter.end()) this.#frame(frame)
    const left = this.#splitter.skipped + this.#head.length
    if (left > 0) report(this.#sink, left, 'the stream ends inside a FLAC frame')
  }

  free(): void {}

  /** Takes the magic number and the metadata; hands the rest to the splitter. */
  #begin(bytes: Uint8Array): void {
    this.#head.append(bytes)
    this.#start.check(this.#head.view, 0)
    while (this.#passing === 0 && this.#step());
    if (this.#state !== 'frames') return
    this.#splitter.append(this.#head.view)
    this.#head.consume(this.#head.length)
  }

  /** One step of the beginning; false when it is over or needs more bytes. */
  #step(): boolean {
    const view = this.#head.view
    if (this.#state === 'frames' || view.length < 4) return false
    if (this.#state === 'metadata') return this.#metadata(view)
    const isFlac = ascii(view, 0, 4) === 'fLaC'
    this.#state = isFlac ? 'metadata' : 'frames'
    if (isFlac) {
      this.#start.recognize()
      this.#head.consume(4)
    }
    return true
  }

  #metadata(view: Uint8Array): boolean {
    const size = (view[1]! << 16) | (view[2]! << 8) | view[3]!
    const isInfo = (view[0]! & 0x7f) === STREAM_INFO && size === STREAM_INFO_BYTES
    if (isInfo && view.length < 4 + size) return false
    if (isInfo) this.#splitter = new FlacSplitter(checked(parseStreamInfo(view.subarray(4))))
    if ((view[0]! & LAST_BLOCK) !== 0) this.#state = 'frames'
    this.#passing = Math.max(0, 4 + size - view.length)
    this.#head.consume(4 + size)
    return true
  }

  #frame({ header, bytes, skipped }: FlacFrame): void {
    this.#start.recognize()
    this.#fixedSize ||= header.blockSize
    const at = header.number * (header.isVariable ? 1 : this.#fixedSize)
    if (skipped > 0) this.#fill(at, header, skipped)
    this.#sink.out.write(this.#decode(bytes, header), header.sampleRate)
    this.#nextSample = at + header.blockSize
  }

  #fill(at: number, { sampleRate }: FlacFrameHeader, skipped: number): void {
    const missingMs = ((at - (this.#nextSample ?? 0)) * 1000) / sampleRate
    const believed = missingMs > 0 && missingMs <= MAX_GAP_MS
    report(this.#sink, skipped, 'damaged FLAC frame', believed ? missingMs : undefined)
    if (believed) this.#sink.out.silence(missingMs, sampleRate)
  }

  /** A frame with a right checksum that still cannot be decoded was made so on purpose. */
  #decode(bytes: Uint8Array, header: FlacFrameHeader): Float32Array {
    try {
      return decodeFlacFrame(bytes, header)
    } catch (error) {
      if (!(error instanceof RangeError)) throw error
      report(this.#sink, bytes.length, 'invalid FLAC frame', (header.blockSize * 1000) / header.sampleRate)
      return new Float32Array(header.blockSize)
    }
  }
}

function checked(info: FlacStreamInfo): FlacStreamInfo {
  const { sampleRate, channels } = info
  if (sampleRate >= MIN_SAMPLE_RATE && sampleRate <= MAX_SAMPLE_RATE && channels <= 2) return info
  throw new VigiaError(
    'invalid_audio',
    `FLAC: expected 8000–48000 Hz, mono or stereo, got ${sampleRate} Hz, ${channels} channels.`,
    {
      hint: 'Resample before encoding.',
    },
  )
}
