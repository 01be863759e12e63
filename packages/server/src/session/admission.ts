import type { Tier } from '@vigia/protocol'

/**
 * How many sessions may be heard live at once, from what was measured: the recognizer's real-time factor gives the first bound,
 * lag corrects it (additive increase, multiplicative decrease). Beyond it audio is recorded and transcribed later; what is live
 * already outranks what is new. Pure: time and figures come in.
 */

export interface AdmissionOptions {
  /** Processing units that recognize at the same time. */
  units: number
  /** Sessions heard live at once; 0 measures. */
  fixed: number
  /** Never more. */
  max: number
}

/** One session that is heard live. */
export interface ListeningLoad {
  lagMs: number
}

/** Share of the machine that recognition may take: above it queues grow without bound. */
const USE = 0.7
/** Share of a conversation in which somebody speaks. */
const DUTY = 0.5
/** Before anything was measured: sessions per unit. */
const FIRST_GUESS = 8
const LAG_HIGH_MS = 1500
const LAG_LOW_MS = 300
/** Lag this far behind for that long: the newest sessions are left to the second pass. */
const LAG_LOST_MS = 30_000
const HIGH_FOR_MS = 10_000
const LOW_FOR_MS = 300_000
/** From this share of the bound on, new conversations get text without voice. */
const NO_VOICE_SHARE = 0.8
/** Real-time factors that are remembered. */
const KEPT = 50

export class Admission {
  readonly #options: AdmissionOptions
  readonly #factors: number[] = []
  #limit: number
  #corrected = false
  #highSinceMs: number | null = null
  #lowSinceMs: number | null = null
  #lostSinceMs: number | null = null

  constructor(options: AdmissionOptions) {
    this.#options = options
    this.#limit = options.fixed > 0 ? options.fixed : Math.min(options.max, options.units * FIRST_GUESS)
  }

  /** Sessions that may be heard live. */
  get limit(): number {
    return this.#limit
  }

  /** Processing time over duration of one utterance. */
  measured(realTimeFactor: number): void {
    if (!Number.isFinite(realTimeFactor) || realTimeFactor < 0) return
    this.#factors.push(realTimeFactor)
    if (this.#factors.length > KEPT) this.#factors.shift()
    // once lag has spoken, it knows better than a formula
    if (this.#options.fixed === 0 && !this.#corrected && this.#factors.length >= 5) this.#limit = this.#predicted()
  }

  /**
   * What a new session gets.
   *
   * @param listening - sessions that are heard live now
   */
  tierFor(mode: string, listening: number): Tier {
    if (listening >= this.#limit) return 'record_only'
    return mode === 'assistant' && listening >= Math.max(1, this.#limit * NO_VOICE_SHARE) ? 'no_voice' : 'full'
  }

  /**
   * Called every second or so.
   *
   * @returns how many of the newest sessions should be left to the second pass
   */
  observe(loads: readonly ListeningLoad[], nowMs: number): number {
    const lagMs = percentile95(loads.map((load) => load.lagMs))
    const since = (holds: boolean, before: number | null): number | null => (holds ? (before ?? nowMs) : null)
    this.#highSinceMs = since(lagMs > LAG_HIGH_MS, this.#highSinceMs)
    this.#lowSinceMs = since(lagMs < LAG_LOW_MS && loads.length >= this.#limit, this.#lowSinceMs)
    this.#lostSinceMs = since(lagMs > LAG_LOST_MS, this.#lostSinceMs)
    if (this.#options.fixed === 0) this.#correct(loads.length, nowMs)
    if (this.#lostSinceMs === null || nowMs - this.#lostSinceMs < HIGH_FOR_MS) return 0
    this.#lostSinceMs = nowMs
    return Math.ceil(loads.length * 0.2)
  }

  #correct(listening: number, nowMs: number): void {
    if (this.#highSinceMs !== null && nowMs - this.#highSinceMs >= HIGH_FOR_MS) {
      this.#limit = Math.max(1, Math.floor(Math.min(this.#limit, listening) * 0.8))
      this.#corrected = true
      this.#highSinceMs = nowMs
    } else if (this.#lowSinceMs !== null && nowMs - this.#lowSinceMs >= LOW_FOR_MS) {
      this.#limit = Math.min(this.#options.max, this.#limit + 1)
      this.#lowSinceMs = nowMs
    }
  }

  #predicted(): number {
    const factor = Math.max(0.01, percentile95(this.#factors))
    return Math.max(1, Math.min(this.#options.max, Math.floor((USE * this.#options.units) / (DUTY * factor))))
  }
}

function percentile95(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))]!
}
