import { MPEGDecoder } from 'mpg123-decoder'
import { type ByteSource, report, type Sink } from './byte-source.ts'
import { averageChannels } from './mix.ts'
import { type Mp3Frame, Mp3Splitter } from './mp3-splitter.ts'
import { StreamStart } from './stream-start.ts'

/** Longest loss that is filled with silence. */
const MAX_GAP_MS = 60_000

/** The part of mpg123 used here. */
interface Mpeg {
  readonly ready: Promise<void>
  decode(bytes: Uint8Array): { channelData: Float32Array[]; samplesDecoded: number; sampleRate: number }
  free(): void
  /** Called by the library before it prints a fault to the console and tries again without end; so it is made to throw. */
  _getErrorMessage: (code: number) => string
}

class Mpg123Fault extends Error {}

/** MP3: our splitter finds the frames, mpg123 (wasm) decodes them. Lost bytes become about as much silence as the frames around them last. */
export class Mp3Source implements ByteSource {
  readonly #sink: Sink
  readonly #mpeg: Mpeg
  readonly #splitter = new Mp3Splitter()
  readonly #start = new StreamStart('mp3')

  private constructor(sink: Sink, mpeg: Mpeg) {
    this.#sink = sink
    this.#mpeg = mpeg
  }

  static async open(sink: Sink): Promise<Mp3Source> {
    const mpeg = new MPEGDecoder() as unknown as Mpeg
    await mpeg.ready
    mpeg._getErrorMessage = (code) => {
      throw new Mpg123Fault(`mpg123 error ${code}`)
    }
    return new Mp3Source(sink, mpeg)
  }

  push(bytes: Uint8Array): void {
    this.#splitter.append(bytes)
    this.#start.check(this.#splitter.waiting, this.#splitter.skipped)
    this.#frames(false)
    this.#start.check(this.#splitter.waiting, this.#splitter.skipped)
  }

  end(): void {
    this.#frames(true)
    if (this.#splitter.skipped > 0) report(this.#sink, this.#splitter.skipped, 'the stream ends inside an MP3 frame')
  }

  free(): void {
    this.#mpeg.free()
  }

  #frames(final: boolean): void {
    for (let frame = this.#splitter.next(final); frame; frame = this.#splitter.next(final)) this.#frame(frame)
  }

  #frame(frame: Mp3Frame): void {
    this.#start.recognize()
    if (frame.skipped > 0) this.#fill(frame)
    const { sampleRate, samples } = frame.header
    try {
      const decoded = this.#mpeg.decode(frame.bytes)
      if (decoded.samplesDecoded > 0) this.#sink.out.write(averageChannels(decoded.channelData), decoded.sampleRate)
    } catch (error) {
      if (!(error instanceof Mpg123Fault || error instanceof WebAssembly.RuntimeError)) throw error
      const ms = (samples * 1000) / sampleRate
      report(this.#sink, frame.bytes.length, 'invalid MP3 frame', ms)
      this.#sink.out.silence(ms, sampleRate)
    }
  }

  /** As many frames as the lost bytes would make at the length of the next one. */
  #fill({ header, skipped }: Mp3Frame): void {
    const frames = Math.round(skipped / header.length)
    const missingMs = Math.min(MAX_GAP_MS, (frames * header.samples * 1000) / header.sampleRate)
    report(this.#sink, skipped, 'damaged MP3 frame', frames > 0 ? missingMs : undefined)
    this.#sink.out.silence(missingMs, header.sampleRate)
  }
}
