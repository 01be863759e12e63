/** Token buckets by name: so many at once, so many per second after that. Bounded; pure but for its counts. */

export interface Rate {
  /** At once. */
  burst: number
  perSecond: number
}

interface Bucket {
  tokens: number
  atMs: number
}

const MAX_BUCKETS = 10_000

export class TokenBuckets {
  readonly #rate: Rate
  readonly #buckets = new Map<string, Bucket>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Takes one. @returns 0, or the milliseconds until there is one */
  take(name: string, nowMs: number): number {
    const { burst, perSecond } = this.#rate
    const bucket = this.#buckets.get(name)
    const tokens = bucket ? Math.min(burst, bucket.tokens + (Math.max(0, nowMs - bucket.atMs) * perSecond) / 1000) : burst
    this.#buckets.delete(name)
    if (this.#buckets.size >= MAX_BUCKETS) this.#buckets.delete(this.#buckets.keys().next().value!) // the longest idle
    const left = tokens >= 1 ? tokens - 1 : tokens
    this.#buckets.set(name, { tokens: left, atMs: nowMs })
    return tokens >= 1 ? 0 : Math.ceil(((1 - tokens) * 1000) / perSecond)
  }

  /** Whether one could be taken; takes none. */
  isEmpty(name: string, nowMs: number): boolean {
    const bucket = this.#buckets.get(name)
    return bucket !== undefined && bucket.tokens + (Math.max(0, nowMs - bucket.atMs) * this.#rate.perSecond) / 1000 < 1
  }
}
