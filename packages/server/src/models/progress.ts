/** Speed and time left of a transfer, from bytes and a clock. Pure. */

export interface Pace {
  bytesPerSecond: number
  /** Milliseconds; null until there is a speed. */
  leftMs: number | null
}

/** Speed is taken over this time, ms. */
const WINDOW_MS = 10_000

export class Speedometer {
  #marks: { atMs: number; bytes: number }[] = []

  /** @param bytes - so far, of `total` */
  update(bytes: number, total: number, nowMs: number): Pace {
    const last = this.#marks.at(-1)
    if (last && bytes < last.bytes) this.#marks = []
    if (!last || nowMs - last.atMs >= 100) this.#marks.push({ atMs: nowMs, bytes })
    while (this.#marks.length > 2 && nowMs - this.#marks[0]!.atMs > WINDOW_MS) this.#marks.shift()
    const first = this.#marks[0]!
    const ms = nowMs - first.atMs
    const bytesPerSecond = ms > 0 ? ((bytes - first.bytes) * 1000) / ms : 0
    return { bytesPerSecond, leftMs: bytesPerSecond > 0 ? ((total - bytes) / bytesPerSecond) * 1000 : null }
  }
}
