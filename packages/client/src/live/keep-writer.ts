import type { Timers } from '../std/timers.ts'
import type { AudioKeep, KeptSession } from './keep.ts'
import type { StreamItem } from './stream-log.ts'

/** Less often than the server confirms: in a healthy session almost nothing is written. */
const SAVE_EVERY_MS = 1000

/** What is unconfirmed now; null before the server has confirmed the session. */
type Current = () => { session: KeptSession; items: readonly StreamItem[] } | null

/** Writes what is unconfirmed to the keep, once a second at most. A keep that fails is left alone: memory still has all. */
export class KeepWriter {
  readonly #keep: AudioKeep
  readonly #timers: Timers
  readonly #current: Current
  readonly #saved = new WeakSet<StreamItem>()
  #stopTimer: (() => void) | null = null
  #stopped = false
  #work: Promise<void> = Promise.resolve()

  constructor(keep: AudioKeep, timers: Timers, current: Current) {
    this.#keep = keep
    this.#timers = timers
    this.#current = current
  }

  changed(): void {
    if (this.#stopped) return
    this.#stopTimer ??= this.#timers.after(SAVE_EVERY_MS, () => {
      this.#stopTimer = null
      this.#work = this.#work.then(() => this.#save())
    })
  }

  stop(): void {
    this.#stopped = true
    this.#stopTimer?.()
  }

  async clear(sessionId: string): Promise<void> {
    this.stop()
    await this.#work
    await this.#keep.clear(sessionId).catch(() => {})
  }

  async #save(): Promise<void> {
    const current = this.#current()
    if (!current) return
    const added = current.items.filter((item) => !this.#saved.has(item))
    const from = current.items[0]?.at ?? Number.MAX_SAFE_INTEGER
    try {
      await this.#keep.save(current.session, added, from)
      for (const item of added) this.#saved.add(item)
    } catch {
      this.#stopped = true // full, or private browsing
    }
  }
}
