import type { DamageLog } from './damage.ts'
import type { PcmOutput } from './pcm-output.ts'

/** Where a codec puts its results. */
export interface Sink {
  readonly out: PcmOutput
  readonly damage: DamageLog
}

/** One codec or container: bytes in, samples and damage into its {@link Sink}. */
export interface ByteSource {
  /** @throws VigiaError `invalid_audio`, `unsupported_codec`: only while nothing of the stream was recognized */
  push(bytes: Uint8Array): void
  /** The stream is over: what waited for more is decoded or reported. */
  end(): void
  free(): void
}

/** Notes damage where the output stands now. */
export function report({ out, damage }: Sink, bytes: number, reason: string, missingMs?: number): void {
  damage.add({ bytes, reason, atMs: out.positionMs, ...(missingMs === undefined ? {} : { missingMs }) })
}
