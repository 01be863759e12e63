import type { Store } from '../store/store.ts'
import type { SessionEvent } from './service.ts'
import { msToSeconds } from './stream-clock.ts'

/**
 * Stores the events of one session that clients may read again. Writes are batched; `drained` tells when everything
 * handed over so far is stored.
 */
export class EventLog {
  readonly #store: Store
  readonly #sessionId: string
  #pending: { atMs: number; type: string; data: unknown }[] = []
  #writing: Promise<void> = Promise.resolve()
  #scheduled = false

  constructor(store: Store, sessionId: string) {
    this.#store = store
    this.#sessionId = sessionId
  }

  /** Events of kinds that are not kept are ignored. */
  add(event: SessionEvent, atMs: number): void {
    const data = storedForm(event)
    if (data === null) return
    this.#pending.push({ atMs, type: event.type, data })
    if (this.#scheduled) return
    this.#scheduled = true
    this.#writing = this.#writing.then(() => this.#write())
  }

  get drained(): Promise<void> {
    return this.#writing
  }

  async #write(): Promise<void> {
    this.#scheduled = false
    const events = this.#pending
    this.#pending = []
    if (events.length > 0) await this.#store.events.append(this.#sessionId, events).catch(() => {}) // derived data: the timeline can be made again
  }
}

/** What is kept of an event; null for what only the moment needs. */
function storedForm(event: SessionEvent): unknown {
  switch (event.type) {
    case 'segment':
      return { segment: event.segment }
    case 'observation':
      return { frame_id: event.observation.frame_id }
    case 'alert':
      return { frame_id: event.frameId, what: event.what, severity: event.severity }
    case 'damage':
      return { at: msToSeconds(event.atMs), bytes: event.bytes, reason: event.reason }
    case 'final':
      return { duration: msToSeconds(event.durationMs), segments: event.segments.length, truncated: event.truncated }
    case 'report':
      return { revision: event.report.analysis.revision, method: event.report.analysis.method }
    case 'degraded':
      return { tier: event.tier, reason: event.reason }
    default:
      return null
  }
}
