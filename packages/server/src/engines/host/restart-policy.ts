/**
 * When a dead engine may start again: exponential back-off, and quarantine when it keeps dying. Pure: time comes in.
 * Figures: first delay and ceiling as LiveKit and vLLM supervisors use them; three deaths within five minutes disable
 * an engine until a probe.
 */

export interface RestartLimits {
  /** Delay before the first restart, ms; doubles with each further death. */
  firstDelayMs: number
  maxDelayMs: number
  /** Deaths within `windowMs` that open the quarantine. */
  maxDeaths: number
  windowMs: number
  /** How long the quarantine refuses calls before one probe is let through, ms. */
  quarantineMs: number
}

export const DEFAULT_LIMITS: RestartLimits = {
  firstDelayMs: 200,
  maxDelayMs: 30_000,
  maxDeaths: 3,
  windowMs: 300_000,
  quarantineMs: 300_000,
}

export type RestartDecision = { action: 'restart'; afterMs: number } | { action: 'quarantine'; untilMs: number }

/** Counts the deaths of one engine on one model. */
export class RestartPolicy {
  readonly #limits: RestartLimits
  #deathsAtMs: number[] = []

  constructor(limits: Partial<RestartLimits> = {}) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits }
  }

  /** Deaths that still count. */
  get deaths(): number {
    return this.#deathsAtMs.length
  }

  /** Takes the newest deaths off the count: their cause was found in what the engine was given. */
  forgive(deaths: number): void {
    this.#deathsAtMs = this.#deathsAtMs.slice(0, Math.max(0, this.#deathsAtMs.length - deaths))
  }

  /** Records a death at `nowMs` (any monotonic clock) and says what to do. */
  died(nowMs: number): RestartDecision {
    const { firstDelayMs, maxDelayMs, maxDeaths, windowMs, quarantineMs } = this.#limits
    this.#deathsAtMs = [...this.#deathsAtMs.filter((at) => nowMs - at < windowMs), nowMs]
    const deaths = this.#deathsAtMs.length
    if (deaths >= maxDeaths) {
      this.#deathsAtMs = this.#deathsAtMs.slice(-maxDeaths)
      return { action: 'quarantine', untilMs: nowMs + quarantineMs }
    }
    return { action: 'restart', afterMs: Math.min(maxDelayMs, firstDelayMs * 2 ** (deaths - 1)) }
  }
}
