/** The audio that ports exchange: mono 16-bit PCM at 16 kHz, with its place on the session timeline. */

/** Sample rate inside Vigía, Hz. Streams of other rates are resampled on arrival. */
export const SAMPLE_RATE = 16000

/** Mono 16-bit PCM at {@link SAMPLE_RATE}. */
export interface PcmChunk {
  /** Owned by the receiver. */
  samples: Int16Array
  /** Where the first sample lies on the session timeline. */
  startMs: number
}

/** A stretch of the session timeline, end exclusive. */
export interface Span {
  startMs: number
  endMs: number
}

/** Random access to a recording that may be longer than memory. */
export interface Recording {
  readonly durationMs: number
  /** Samples of `[startMs, endMs)`, cut at the end of the recording; declared gaps read as zeros. */
  read(startMs: number, endMs: number): Promise<Int16Array>
}
