import { type ByteSource, report, type Sink } from './byte-source.ts'
import { toMono } from './mix.ts'
import { BYTES_PER_SAMPLE, decodeSamples, type SampleFormat } from './sample-format.ts'

export interface PlainFormat {
  sampleFormat: SampleFormat
  sampleRate: number
  channels: number
}

/** Interleaved plain samples. What a chunk cuts off inside a frame waits for the next. */
export class PcmSource implements ByteSource {
  readonly #format: PlainFormat
  readonly #sink: Sink
  readonly #frameBytes: number
  #rest = new Uint8Array(0)

  constructor(format: PlainFormat, sink: Sink) {
    this.#format = format
    this.#sink = sink
    this.#frameBytes = BYTES_PER_SAMPLE[format.sampleFormat] * format.channels
  }

  push(bytes: Uint8Array): void {
    const joined = this.#rest.length === 0 ? bytes : concat(this.#rest, bytes)
    const whole = joined.length - (joined.length % this.#frameBytes)
    const { sampleFormat, sampleRate, channels } = this.#format
    this.#rest = joined.slice(whole)
    this.#sink.out.write(toMono(decodeSamples(joined.subarray(0, whole), sampleFormat), channels), sampleRate)
  }

  end(): void {
    if (this.#rest.length > 0) report(this.#sink, this.#rest.length, 'the stream ends inside a sample')
    this.#rest = new Uint8Array(0)
  }

  free(): void {}
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length)
  joined.set(a)
  joined.set(b, a.length)
  return joined
}
