/** Streaming waveform overview: the least and the largest amplitude of each window, as 8-bit numbers. */
export class PeakMeter {
  readonly #windowSamples: number
  #min = 0
  #max = 0
  #count = 0

  /**
   * @param sampleRate - Hz
   * @param perSecond - windows per second; the rate is divided to whole samples
   */
  constructor(sampleRate: number, perSecond: number) {
    this.#windowSamples = Math.max(1, Math.round(sampleRate / perSecond))
  }

  /** Pairs `min, max` (-128 to 127) of the windows that these samples complete. */
  push(samples: Int16Array): Int8Array {
    const pairs = new Int8Array(2 * Math.floor((this.#count + samples.length) / this.#windowSamples))
    let at = 0
    for (let i = 0; i < samples.length; i++) {
      const value = samples[i]!
      if (this.#count === 0 || value < this.#min) this.#min = value
      if (this.#count === 0 || value > this.#max) this.#max = value
      if (++this.#count === this.#windowSamples) at = this.#write(pairs, at)
    }
    return pairs
  }

  /** The last, incomplete window; empty when there is none. */
  end(): Int8Array {
    if (this.#count === 0) return new Int8Array(0)
    const pair = new Int8Array(2)
    this.#write(pair, 0)
    return pair
  }

  #write(pairs: Int8Array, at: number): number {
    pairs[at] = this.#min >> 8
    pairs[at + 1] = this.#max >> 8
    this.#count = 0
    return at + 2
  }
}
