import { SAMPLE_RATE } from '../engines/audio.ts'

/**
 * The clock of one session's stream: counts decoded samples and declared gaps. Time on the timeline is this count,
 * never a wall clock.
 */
export class StreamClock {
  #samples = 0

  /** Samples since the start, gaps included. */
  get samples(): number {
    return this.#samples
  }

  /** Milliseconds since the start. */
  get ms(): number {
    return samplesToMs(this.#samples)
  }

  /** Decoded audio; returns where its first sample lies. */
  audio(samples: number): number {
    const at = this.#samples
    this.#samples += samples
    return at
  }

  /** Audio that never existed; returns where the hole begins, in samples. */
  gap(ms: number): number {
    return this.audio(msToSamples(ms))
  }
}

export const samplesToMs = (samples: number): number => (samples * 1000) / SAMPLE_RATE
export const msToSamples = (ms: number): number => Math.round((ms * SAMPLE_RATE) / 1000)
/** Seconds as they go on the wire: three decimals. */
export const msToSeconds = (ms: number): number => Math.round(ms) / 1000
