import { type Tier, VigiaError } from '@vigia/protocol'
import type { ActiveSession } from './active-session.ts'
import { Admission } from './admission.ts'
import type { SessionConfig, SessionLoad } from './service.ts'
import type { SessionsOptions } from './sessions-options.ts'

/** Who has a place: how many sessions may be live, how many of them are heard, and what changes for them as load rises and falls. */

export type PlacesOptions = Pick<
  SessionsOptions,
  'admission' | 'clock' | 'maxPendingBytes' | 'maxSessions' | 'onAdmission' | 'store'
>

/** Whether a session is heard while it lasts, if there is room. */
export const wantsHearing = ({ results, mode }: SessionConfig): boolean => results !== 'end' || mode === 'assistant'

export class Places {
  readonly #options: PlacesOptions
  readonly #active: ReadonlyMap<string, ActiveSession>
  readonly #admission: Admission
  /** New sessions that are not active yet, and whether each will be heard: they have their place already. */
  readonly #creating = new Map<string, boolean>()

  constructor(options: PlacesOptions, active: ReadonlyMap<string, ActiveSession>) {
    this.#options = options
    this.#active = active
    this.#admission = options.admission ?? new Admission({ units: 1, fixed: options.maxSessions, max: options.maxSessions })
  }

  /** A place for a new session, and what it gets there; it is held until {@link settled}. @throws VigiaError `session_limit` */
  take(id: string, config: SessionConfig): Tier {
    const { taken } = this
    if (taken >= this.#options.maxSessions) {
      this.#options.onAdmission?.('session_limit')
      throw new VigiaError('session_limit', `${taken} sessions are live, which is this server's limit.`, {
        hint: 'Try again when one has ended.',
      })
    }
    const toBeHeard = [...this.#creating.values()].filter(Boolean).length
    const tier = this.#admission.tierFor(config.mode, this.#listening().length + toBeHeard)
    this.#creating.set(id, tier !== 'record_only' && wantsHearing(config))
    return tier
  }

  /** The session is active, or could not be made. */
  settled(id: string): void {
    this.#creating.delete(id)
  }

  /** Sessions that are live or about to be. */
  get taken(): number {
    return this.#active.size + this.#creating.size
  }

  /** How fast the live recognizer was, seconds of work per second of audio. */
  measured(realTimeFactor: number): void {
    this.#admission.measured(realTimeFactor)
  }

  /** Now and then: what load wants changed. */
  watch(): void {
    this.#shed()
    this.#restoreVoices()
  }

  load(isDraining: boolean): SessionLoad {
    const { maxSessions, maxPendingBytes = Number.POSITIVE_INFINITY } = this.#options
    const pending = this.#active.values().next().value?.log.pendingBytes ?? 0
    const full = this.taken >= maxSessions ? 'sessions' : pending > maxPendingBytes ? 'disk' : null
    return {
      slots: this.#admission.limit,
      listening: this.#listening().length,
      live: this.#active.size,
      refusing: isDraining ? 'draining' : full,
      retryAfterS: 5 + Math.floor(Math.random() * 10), // spread, so that those refused do not come back together
    }
  }

  /** Text that will not catch up is left to the second pass, the newest sessions first. */
  #shed(): void {
    const listening = this.#listening()
    const loads = listening.map((session) => ({ lagMs: session.status().lagSeconds * 1000 }))
    const shed = this.#admission.observe(loads, this.#options.clock.now())
    for (const session of shed > 0 ? listening.slice(-shed) : []) {
      session.degrade('live text is too far behind; it is made from the recording at the end')
      this.#store(session.id, 'record_only')
    }
  }

  /** A session that may be heard with all it asks for gets it, also when it came in a busier moment. */
  #restoreVoices(): void {
    const listening = this.#listening()
    if (this.#admission.tierFor('assistant', listening.length - 1) !== 'full') return
    for (const session of listening.filter(({ tier }) => tier === 'no_voice')) {
      session.restoreVoice()
      this.#store(session.id, 'full')
    }
  }

  #store(id: string, tier: Tier): void {
    void this.#options.store.sessions.update(id, { tier }).catch(() => {})
  }

  #listening(): ActiveSession[] {
    return [...this.#active.values()].filter((session) => session.listens)
  }
}
