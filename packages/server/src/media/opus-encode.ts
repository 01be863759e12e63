import { type OpusRate, opusWasm, type WasmOpusEncoder } from './opus-wasm.ts'
import { int16ToBytes } from './sample-format.ts'

/** Control requests of libopus: `opus_defines.h`. */
const SET_BITRATE = 4002
const SET_COMPLEXITY = 4010
const GET_LOOKAHEAD = 4027

export interface OpusEncoderOptions {
  /** Hz */
  sampleRate: OpusRate
  /** 1 by default; samples are interleaved. */
  channels?: 1 | 2
  /** Length of one packet, milliseconds; 20 by default. */
  packetMs?: 10 | 20 | 40 | 60
  /** bits per second; 24000 by default */
  bitrate?: number
}

/** PCM16 to raw Opus packets, streaming. Dispose it to free codec memory. */
export class OpusEncoder implements Disposable {
  readonly #encoder: WasmOpusEncoder
  readonly #packetSamples: number
  readonly #delaySamples: number
  #rest: Int16Array = new Int16Array(0)
  /** Samples at 48 kHz that a decoder leaves out at the start. */
  readonly preSkip: number
  readonly packetMs: number

  constructor({ sampleRate, channels = 1, packetMs = 20, bitrate = 24_000 }: OpusEncoderOptions) {
    this.#encoder = new (opusWasm().Encoder)({ channels, sample_rate: sampleRate, application: 'voip' })
    this.#encoder.ctl(SET_BITRATE, bitrate)
    this.#encoder.ctl(SET_COMPLEXITY, 5)
    this.#packetSamples = (channels * sampleRate * packetMs) / 1000
    const lookahead = this.#encoder.ctl(GET_LOOKAHEAD)
    this.#delaySamples = lookahead * channels
    this.preSkip = (lookahead * 48_000) / sampleRate
    this.packetMs = packetMs
  }

  /** Packets that these samples complete. */
  push(samples: Int16Array): Uint8Array[] {
    const all = new Int16Array(this.#rest.length + samples.length)
    all.set(this.#rest)
    all.set(samples, this.#rest.length)
    const packets: Uint8Array[] = []
    let at = 0
    for (; at + this.#packetSamples <= all.length; at += this.#packetSamples) {
      packets.push(this.#encoder.encode(int16ToBytes(all.subarray(at, at + this.#packetSamples))))
    }
    this.#rest = all.slice(at)
    return packets
  }

  /** Packets until a decoder has heard every sample: the rest and the encoder's delay, filled up with silence. */
  end(): Uint8Array[] {
    const needed = this.#rest.length + this.#delaySamples
    return this.push(new Int16Array(Math.ceil(needed / this.#packetSamples) * this.#packetSamples - this.#rest.length))
  }

  [Symbol.dispose](): void {
    this.#encoder.drop()
  }
}
