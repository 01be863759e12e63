import { report, type Sink } from './byte-source.ts'
import { MAX_OPUS_PACKET, opusPacketMs } from './opus-packet.ts'
import { opusWasm, type WasmOpusDecoder } from './opus-wasm.ts'
import { OUTPUT_RATE } from './pcm-output.ts'
import { bytesToInt16 } from './sample-format.ts'

/** What a lost packet is taken to last until one was heard: the length most encoders use. */
const USUAL_PACKET_MS = 20
/** Ticks of the 48 kHz clock in which Opus counts, per output sample. */
const TICKS_PER_SAMPLE = 48_000 / OUTPUT_RATE

/** Opus packets of one stream, decoded straight to 16 kHz mono. A bad packet becomes silence of its length. */
export class OpusStream {
  readonly #sink: Sink
  #decoder: WasmOpusDecoder
  #lastMs = USUAL_PACKET_MS
  /** Samples still to be left out at the start. */
  #skip: number

  /** @param preSkip - samples at 48 kHz to leave out at the start, from the stream's header */
  constructor(sink: Sink, preSkip = 0) {
    this.#sink = sink
    this.#decoder = openDecoder()
    this.#skip = Math.round(preSkip / TICKS_PER_SAMPLE)
  }

  /** Length of the newest good packet, milliseconds. */
  get lastMs(): number {
    return this.#lastMs
  }

  /** @param limit - most samples of this packet to give, for the trimmed end of a stream */
  decode(packet: Uint8Array, limit = Number.POSITIVE_INFINITY): void {
    const ms = packet.length <= MAX_OPUS_PACKET ? opusPacketMs(packet) : null
    const samples = ms === null ? null : this.#tryDecode(packet)
    if (samples) {
      this.#lastMs = ms!
      this.#write(samples.subarray(0, limit))
    } else {
      report(this.#sink, packet.length, 'invalid Opus packet', ms ?? this.#lastMs)
      this.silence(Math.min(ms ?? this.#lastMs, (limit * 1000) / OUTPUT_RATE))
    }
  }

  /** Audio that never came. */
  silence(ms: number): void {
    this.#write(new Int16Array(Math.round((ms * OUTPUT_RATE) / 1000)))
  }

  free(): void {
    this.#decoder.drop()
  }

  #tryDecode(packet: Uint8Array): Int16Array | null {
    try {
      return bytesToInt16(this.#decoder.decode(packet))
    } catch {
      return null
    }
  }

  #write(samples: Int16Array): void {
    const kept = this.#skip === 0 ? samples : samples.subarray(this.#skip)
    this.#skip = Math.max(0, this.#skip - samples.length)
    this.#sink.out.write(kept, OUTPUT_RATE)
  }
}

function openDecoder(): WasmOpusDecoder {
  return new (opusWasm().Decoder)({ channels: 1, sample_rate: OUTPUT_RATE })
}
