import { AlertPolicy } from './alerts.ts'
import { RecentPhotos } from './duplicates.ts'

/** What the vision room remembers of a session: its last photos and the alerts given. */
export interface SessionMemory<T> {
  recent: RecentPhotos<T>
  alerts: AlertPolicy
}

const MAX_SESSIONS = 512

/** Memories by session; the one used longest ago is forgotten first. */
export class SessionMemories<T> {
  readonly #memories = new Map<string, SessionMemory<T>>()

  of(sessionId: string): SessionMemory<T> {
    const memory = this.#memories.get(sessionId) ?? { recent: new RecentPhotos<T>(), alerts: new AlertPolicy() }
    this.#memories.delete(sessionId)
    this.#memories.set(sessionId, memory)
    const oldest = this.#memories.keys().next().value
    if (this.#memories.size > MAX_SESSIONS && oldest !== undefined) this.#memories.delete(oldest)
    return memory
  }

  forget(sessionId: string): void {
    this.#memories.delete(sessionId)
  }
}
