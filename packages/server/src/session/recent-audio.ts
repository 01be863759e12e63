import { type PcmChunk, SAMPLE_RATE } from '../engines/audio.ts'
import { samplesToMs } from './stream-clock.ts'

/** The last half minute of a session's sound, for those who judge a turn by how it sounds. */

const KEPT_SAMPLES = 30 * SAMPLE_RATE

export class RecentAudio {
  #ring: Int16Array | null = null
  #length = 0
  #at = 0
  #endMs = 0

  push({ samples, startMs }: PcmChunk): void {
    this.#ring ??= new Int16Array(KEPT_SAMPLES)
    const tail = samples.length > KEPT_SAMPLES ? samples.subarray(samples.length - KEPT_SAMPLES) : samples
    const first = Math.min(tail.length, KEPT_SAMPLES - this.#at)
    this.#ring.set(tail.subarray(0, first), this.#at)
    this.#ring.set(tail.subarray(first), 0)
    this.#at = (this.#at + tail.length) % KEPT_SAMPLES
    this.#length = Math.min(KEPT_SAMPLES, this.#length + tail.length)
    this.#endMs = startMs + samplesToMs(samples.length)
  }

  /** A copy of the last `ms`; null before any sound. */
  last(ms: number): PcmChunk | null {
    const count = Math.min(this.#length, Math.round((ms * SAMPLE_RATE) / 1000))
    if (!this.#ring || count === 0) return null
    const samples = new Int16Array(count)
    const from = (this.#at - count + KEPT_SAMPLES) % KEPT_SAMPLES
    const first = Math.min(count, KEPT_SAMPLES - from)
    samples.set(this.#ring.subarray(from, from + first))
    samples.set(this.#ring.subarray(0, count - first), first)
    return { samples, startMs: this.#endMs - samplesToMs(count) }
  }
}
