import { createResampler, type Resampler } from './resample.ts'

/** What every decoder gives, Hz. */
export const OUTPUT_RATE = 16_000
/** Most samples that one call may give: half an hour, 58 MB. Only a stream made to swell decodes to more at once. */
const MAX_HELD = OUTPUT_RATE * 1800

/** Collects mono samples of any rate as 16 kHz PCM16 and counts how much audio that is. */
export class PcmOutput {
  #parts: Int16Array[] = []
  #held = 0
  #resampler: Resampler | null = null
  #rate = 0
  #earlierMs = 0
  #count = 0

  /** Audio written so far, milliseconds. */
  get positionMs(): number {
    return this.#earlierMs + (this.#rate === 0 ? 0 : (this.#count * 1000) / this.#rate)
  }

  /** True when this call has given all it may; what is written now is dropped. */
  get full(): boolean {
    return this.#held >= MAX_HELD
  }

  /** @param mono - owned by the output from here on */
  write(mono: Int16Array | Float32Array, sampleRate: number): void {
    if (this.full || mono.length === 0) return
    this.#open(sampleRate)
    this.#count += mono.length
    this.#keep(this.#resampler?.push(mono))
  }

  silence(ms: number, sampleRate: number): void {
    const samples = Math.min(Math.round((ms * sampleRate) / 1000), MAX_HELD - this.#held)
    if (samples > 0) this.write(new Int16Array(samples), sampleRate)
  }

  /** Lets out what the filter holds. */
  end(): void {
    this.#keep(this.#resampler?.end())
    this.#earlierMs = this.positionMs
    this.#resampler = null
    this.#rate = 0
    this.#count = 0
  }

  /** What was written since the last call. */
  take(): Int16Array {
    const parts = this.#parts
    const length = this.#held
    this.#parts = []
    this.#held = 0
    if (parts.length === 1) return parts[0]!
    const all = new Int16Array(length)
    let at = 0
    for (const part of parts) {
      all.set(part, at)
      at += part.length
    }
    return all
  }

  #open(sampleRate: number): void {
    if (this.#rate === sampleRate) return
    this.end()
    this.#rate = sampleRate
    this.#resampler = createResampler(sampleRate, OUTPUT_RATE)
  }

  #keep(samples: Int16Array | undefined): void {
    if (!samples || samples.length === 0) return
    this.#parts.push(samples)
    this.#held += samples.length
  }
}
