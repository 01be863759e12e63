/** What can still be taken back. One thing at a time: the newest; what it takes the place of is settled. */

export interface Undoable {
  label: string
  /** Takes it back. */
  undo: () => void
  /** Done when the time is over without undo, for what is better not done before (erasing). */
  settle?: () => void
}

/** What the app shows: an undoable thing with its end, or a message alone. */
export interface Notice {
  id: number
  label: string
  undo?: () => void
  settle?: () => void
}

export interface ShelfTimers {
  /** Returns the function that stops it. */
  after(ms: number, run: () => void): () => void
}

export const UNDO_MS = 8000

export class UndoShelf {
  readonly #timers: ShelfTimers
  readonly #listeners = new Set<() => void>()
  #notice: Notice | null = null
  #stop: (() => void) | null = null
  #ids = 0

  constructor(timers: ShelfTimers) {
    this.#timers = timers
  }

  get notice(): Notice | null {
    return this.#notice
  }

  /** Shows it; after {@link UNDO_MS} it can no longer be undone. */
  offer(thing: Undoable): void {
    this.settle()
    this.#show(thing)
  }

  /** Says something for as long. */
  say(label: string): void {
    this.settle()
    this.#show({ label })
  }

  /** Takes the newest thing back. */
  undo(): void {
    const undo = this.#notice?.undo
    if (!undo) return
    this.#clear()
    undo()
  }

  /** Ends the wait: what was to be done at its end is done now. */
  settle(): void {
    const settle = this.#notice?.settle
    this.#clear()
    settle?.()
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #show(thing: Omit<Notice, 'id'>): void {
    this.#ids += 1
    this.#notice = { id: this.#ids, ...thing }
    this.#stop = this.#timers.after(UNDO_MS, () => this.settle())
    this.#tell()
  }

  #clear(): void {
    this.#stop?.()
    this.#stop = null
    if (this.#notice === null) return
    this.#notice = null
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}

/** The one of this page. */
export const undoShelf = new UndoShelf({
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
})
