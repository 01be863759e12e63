/** The sound around the client of a scenario: what its microphone hears, and what its loudspeaker plays. 16 kHz mono. */

export const RATE = 16_000

/** Sound still to come; voices may lie over each other. */
export class Microphone {
  #future = new Float32Array(0)

  /** Adds sound `delaySamples` from now. */
  mix(samples: Int16Array, delaySamples = 0, gain = 1): void {
    const end = delaySamples + samples.length
    if (end > this.#future.length) {
      const longer = new Float32Array(end)
      longer.set(this.#future)
      this.#future = longer
    }
    for (let i = 0; i < samples.length; i += 1) this.#future[delaySamples + i]! += samples[i]! * gain
  }

  take(count: number): Int16Array {
    const out = new Int16Array(count)
    for (let i = 0; i < Math.min(count, this.#future.length); i += 1) {
      out[i] = Math.max(-32_768, Math.min(32_767, Math.round(this.#future[i]!)))
    }
    this.#future = this.#future.slice(count)
    return out
  }

  /** Milliseconds until it is silent. */
  get restMs(): number {
    return (this.#future.length * 1000) / RATE
  }
}

/** Plays answers as a phone does: in order, held and thrown away when told. */
export class Loudspeaker {
  #queue: { samples: Int16Array; replyId: number }[] = []
  #held = false

  push(samples: Int16Array, replyId: number): void {
    this.#queue.push({ samples, replyId })
  }

  hold(held: boolean): void {
    this.#held = held
  }

  clear(): void {
    this.#queue = []
    this.#held = false
  }

  /** The next piece, and whether anything sounded in it. */
  take(count: number): { samples: Int16Array; replyId: number | null } {
    const samples = new Int16Array(count)
    let at = 0
    let replyId: number | null = null
    while (!this.#held && at < count && this.#queue.length > 0) {
      const head = this.#queue[0]!
      const part = head.samples.subarray(0, count - at)
      samples.set(part, at)
      at += part.length
      replyId = head.replyId
      if (part.length === head.samples.length) this.#queue.shift()
      else head.samples = head.samples.subarray(part.length)
    }
    return { samples, replyId }
  }
}

/** Sounds that are no speech. Seeded, so that every run hears the same. */
export function sound(kind: 'cough' | 'noise' | 'door', ms: number, gain: number): Int16Array {
  let seed = 12_345
  const random = (): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff
    return seed / 0x3fffffff - 1
  }
  const length = Math.round((ms * RATE) / 1000)
  let low = 0
  return Int16Array.from({ length }, (_, i) => {
    const t = i / length
    low += (random() - low) * (kind === 'door' ? 0.05 : 0.35)
    const shape =
      kind === 'noise' ? 1 : kind === 'door' ? Math.exp(-12 * t) : Math.exp(-6 * t) + 0.7 * Math.exp(-30 * (t - 0.5) ** 2)
    return Math.round(Math.max(-1, Math.min(1, low * shape * gain * 2)) * 20_000)
  })
}
