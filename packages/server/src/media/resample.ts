import { type ResampleTable, resampleTable } from './resample-table.ts'
import { toInt16 } from './sample-format.ts'

/** Sample rates the resampler takes, Hz. */
export const MIN_SAMPLE_RATE = 8000
export const MAX_SAMPLE_RATE = 48_000

/**
 * Streaming sample-rate converter of one mono stream. Chunks cut anywhere give the very samples that the whole would.
 * Output sample `k` lies at input time `k × from / to`: nothing is delayed, the filter waits for 1.6 ms of input instead (48 kHz; 3.2 ms at 8 kHz).
 */
export interface Resampler {
  /**
   * Samples that are certain so far.
   *
   * @param input - PCM16, or floats of full scale ±1; read, not kept
   */
  push(input: Int16Array | Float32Array): Int16Array
  /** What the filter still holds. In all, `n` input samples give `ceil(n × to / from)`. */
  end(): Int16Array
}

/** @param fromRate - Hz, integer, 8000–48000; @param toRate - likewise */
export function createResampler(fromRate: number, toRate: number): Resampler {
  return fromRate === toRate ? passThrough : new PolyphaseResampler(resampleTable(fromRate, toRate))
}

/** A whole piece at once. */
export function resample(samples: Int16Array, fromRate: number, toRate: number): Int16Array {
  if (fromRate === toRate) return samples
  const resampler = createResampler(fromRate, toRate)
  const body = resampler.push(samples)
  const tail = resampler.end()
  const all = new Int16Array(body.length + tail.length)
  all.set(body)
  all.set(tail, body.length)
  return all
}

const passThrough: Resampler = {
  push: (input) => (input instanceof Int16Array ? input.slice() : toInt16(input)),
  end: () => new Int16Array(0),
}

class PolyphaseResampler implements Resampler {
  readonly #table: ResampleTable
  /** Input in full scale ±32768: what the next outputs still need, then what is new. */
  #buffer: Float32Array
  #length: number
  /** First tap of the next output, in `#buffer`; its phase in `[0, up)`. */
  #base = 0
  #phase = 0
  #inputCount = 0
  #outputCount = 0

  constructor(table: ResampleTable) {
    this.#table = table
    this.#length = table.half - 1
    this.#buffer = new Float32Array(4096 + 2 * table.half)
  }

  push(input: Int16Array | Float32Array): Int16Array {
    this.#append(input)
    this.#inputCount += input.length
    return this.#drain()
  }

  end(): Int16Array {
    this.#append(new Int16Array(this.#table.half))
    const { up, down } = this.#table
    const remaining = Math.ceil((this.#inputCount * up) / down) - this.#outputCount
    return this.#drain().subarray(0, Math.max(remaining, 0))
  }

  #append(input: Int16Array | Float32Array): void {
    this.#reserve(input.length)
    if (input instanceof Int16Array) this.#buffer.set(input, this.#length)
    else for (let i = 0; i < input.length; i++) this.#buffer[this.#length + i] = input[i]! * 32768
    this.#length += input.length
  }

  /** Drops what no output needs any more and makes room for `count` samples. */
  #reserve(count: number): void {
    const kept = this.#length - this.#base
    if (this.#base > 0) this.#buffer.copyWithin(0, this.#base, this.#length)
    this.#base = 0
    this.#length = kept
    if (kept + count <= this.#buffer.length) return
    const larger = new Float32Array(Math.max(kept + count, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, kept))
    this.#buffer = larger
  }

  #drain(): Int16Array {
    const { up, down, half, interpolated, coefficients, phases } = this.#table
    const taps = 2 * half
    const step = Math.floor(down / up)
    const phaseStep = down % up
    const last = this.#length - taps
    const output = new Int16Array(last < this.#base ? 0 : Math.ceil(((last - this.#base + 1) * up) / down) + 1)
    const buffer = this.#buffer
    let base = this.#base
    let phase = this.#phase
    let count = 0
    while (base <= last) {
      const value = interpolated
        ? interpolate(buffer, base, coefficients, (phase / up) * phases, taps)
        : convolve(buffer, base, coefficients, phase * taps, taps)
      output[count++] = value > 32767 ? 32767 : value < -32768 ? -32768 : Math.round(value)
      base += step
      phase += phaseStep
      if (phase >= up) {
        phase -= up
        base++
      }
    }
    this.#base = base
    this.#phase = phase
    this.#outputCount += count
    return output.subarray(0, count)
  }
}

function convolve(buffer: Float32Array, base: number, coefficients: Float32Array, row: number, taps: number): number {
  let even = 0
  let odd = 0
  for (let tap = 0; tap < taps; tap += 2) {
    even += buffer[base + tap]! * coefficients[row + tap]!
    odd += buffer[base + tap + 1]! * coefficients[row + tap + 1]!
  }
  return even + odd
}

function interpolate(buffer: Float32Array, base: number, coefficients: Float32Array, phase: number, taps: number): number {
  const row = Math.floor(phase)
  const share = phase - row
  const before = convolve(buffer, base, coefficients, row * taps, taps)
  const after = convolve(buffer, base, coefficients, (row + 1) * taps, taps)
  return before + share * (after - before)
}
