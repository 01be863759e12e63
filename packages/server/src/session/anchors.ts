import type { Clock } from '../std/clock.ts'
import type { Store } from '../store/store.ts'

/** A wall-clock moment and the place on the timeline that it was. */
interface Anchor {
  wallMs: number
  streamMs: number
}

/** Kept per session: one for each connection. */
const MAX_ANCHORS = 100
const DOCUMENT = 'anchors'

/** Where on the timelines of sessions moments of the wall clock lie: each connection drops an anchor. */
export class Anchors {
  readonly #store: Pick<Store, 'documents'>
  readonly #clock: Clock
  /** Of sessions that are live. */
  readonly #live = new Map<string, Anchor[]>()

  constructor(store: Pick<Store, 'documents'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** The timeline of the session is at `streamMs` now. */
  drop(sessionId: string, streamMs: number): void {
    const anchors = [...(this.#live.get(sessionId) ?? []), { wallMs: this.#clock.wallMs(), streamMs }]
    this.#live.set(sessionId, anchors.slice(-MAX_ANCHORS))
  }

  /** Milliseconds on the session's timeline, at most `lastMs`; 0 for what was before it began. */
  async locate(sessionId: string, wallMs: number, lastMs: number): Promise<number> {
    const anchors = this.#live.get(sessionId) ?? (await this.#store.documents.get<Anchor[]>(sessionId, DOCUMENT)) ?? []
    const before = anchors.findLast((anchor) => anchor.wallMs <= wallMs)
    return before ? Math.min(lastMs, before.streamMs + wallMs - before.wallMs) : 0
  }

  /** The session ended: keeps its anchors with it. */
  async save(sessionId: string): Promise<void> {
    await this.#store.documents.put(sessionId, DOCUMENT, this.#live.get(sessionId) ?? [])
  }

  forget(sessionId: string): void {
    this.#live.delete(sessionId)
  }
}
