import type { ByteSource, Sink } from './byte-source.ts'
import { OpusStream } from './opus-stream.ts'

/** Raw Opus: each piece is exactly one packet. An empty piece is nothing: it would not be stored either. */
export class OpusSource implements ByteSource {
  readonly #stream: OpusStream

  constructor(sink: Sink) {
    this.#stream = new OpusStream(sink)
  }

  push(packet: Uint8Array): void {
    if (packet.length > 0) this.#stream.decode(packet)
  }

  end(): void {}

  free(): void {
    this.#stream.free()
  }
}
