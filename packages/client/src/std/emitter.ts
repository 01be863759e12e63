/** What a listener does with an event. Errors it throws are reported, never passed to the sender. */
export type Listener<T> = (event: T) => void

/** Events by type, for callbacks. */
export class Emitter<T extends { type: string }> {
  readonly #byType = new Map<string, Set<Listener<never>>>()

  /** @param type - an event type, or `*` for all. Returns the function that stops listening. */
  on<K extends T['type'] | '*'>(type: K, listener: Listener<K extends '*' ? T : Extract<T, { type: K }>>): () => void {
    const set = this.#byType.get(type) ?? new Set()
    this.#byType.set(type, set)
    set.add(listener as Listener<never>)
    return () => void set.delete(listener as Listener<never>)
  }

  emit(event: T): void {
    for (const type of [event.type, '*']) {
      for (const listener of [...(this.#byType.get(type) ?? [])]) {
        try {
          ;(listener as Listener<T>)(event)
        } catch (error) {
          queueMicrotask(() => {
            throw error
          })
        }
      }
    }
  }
}
