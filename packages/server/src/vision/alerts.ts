import type { Danger, Observation } from '@vigia/protocol'

/** Decides which dangers of an observation are worth an alert now. */

/** The same danger is not announced again within this time. */
export const ALERT_COOLDOWN_MS = 60_000

const MAX_REMEMBERED = 64

/** One alert, as the session core passes it on. */
export interface Alert extends Pick<Danger, 'what' | 'why' | 'where' | 'severity'> {
  frameId: string
}

/** What was announced in one session, by kind, and when (epoch ms). Bounded. */
export class AlertPolicy {
  readonly #announcedMs = new Map<string, number>()

  /** Alerts of medium and high severity whose kind was not announced within {@link ALERT_COOLDOWN_MS}; the gravest first. */
  alertsOf(observation: Pick<Observation, 'frame_id' | 'dangers'>, nowMs: number): Alert[] {
    const rank = { high: 0, medium: 1, low: 2 } as const
    return observation.dangers
      .filter((danger) => danger.severity !== 'low')
      .sort((a, b) => rank[a.severity] - rank[b.severity])
      .filter((danger) => this.#announce(kindOf(danger.what), nowMs))
      .map(({ what, why, where, severity }) => ({ frameId: observation.frame_id, what, why, where, severity }))
  }

  #announce(kind: string, nowMs: number): boolean {
    const last = this.#announcedMs.get(kind)
    if (last !== undefined && nowMs - last < ALERT_COOLDOWN_MS) return false
    this.#announcedMs.delete(kind)
    this.#announcedMs.set(kind, nowMs)
    const oldest = this.#announcedMs.keys().next().value
    if (this.#announcedMs.size > MAX_REMEMBERED && oldest !== undefined) this.#announcedMs.delete(oldest)
    return true
  }
}

/** "Un coche muy cerca" and "coche cerca" are one kind: letters only, articles and degrees left out. */
function kindOf(what: string): string {
  const words = what
    .toLowerCase()
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .match(/\p{L}+/gu)
  return (words ?? []).filter((word) => !FILLERS.has(word)).join(' ')
}

const FILLERS = new Set([
  'un',
  'una',
  'unos',
  'unas',
  'el',
  'la',
  'los',
  'las',
  'muy',
  'posible',
  'posibles',
  'de',
  'a',
  'an',
  'the',
])
