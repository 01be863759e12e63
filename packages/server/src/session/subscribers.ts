import type { SessionEvent, SessionListener } from './service.ts'

/** Those who listen to sessions beside their clients. */
export class Subscribers {
  readonly #bySession = new Map<string, Set<SessionListener>>()

  /** @returns ends it */
  add(sessionId: string, listener: SessionListener): () => void {
    const all = this.#bySession.get(sessionId) ?? new Set()
    this.#bySession.set(sessionId, all)
    all.add(listener)
    return () => {
      all.delete(listener)
      if (all.size === 0 && this.#bySession.get(sessionId) === all) this.#bySession.delete(sessionId)
    }
  }

  tell(sessionId: string, event: SessionEvent): void {
    for (const listener of this.#bySession.get(sessionId) ?? []) listener(event)
  }
}
