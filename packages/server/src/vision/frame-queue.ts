/**
 * Waiting photos, fair between groups (sessions, or the clients of photos without a session): groups take turns, and within a
 * session only the newest photo waits. Pure and bounded.
 */
export class FrameQueue<T> {
  /** Insertion order is the order of turns. */
  readonly #groups = new Map<string, T[]>()
  readonly #maxWaiting: number
  #waiting = 0

  constructor(maxWaiting: number) {
    this.#maxWaiting = maxWaiting
  }

  get waiting(): number {
    return this.#waiting
  }

  /**
   * Adds an item. A group of depth 1 keeps its turn and gives back the item that the new one replaces.
   *
   * @returns `full` when nothing was added
   */
  put(group: string, item: T, depth: number): { replaced: T | null } | 'full' {
    const items = this.#groups.get(group) ?? []
    if (items.length >= depth && depth === 1) {
      const [replaced] = items.splice(0, 1, item)
      return { replaced: replaced ?? null }
    }
    if (items.length >= depth || this.#waiting >= this.#maxWaiting) return 'full'
    items.push(item)
    this.#groups.set(group, items)
    this.#waiting += 1
    return { replaced: null }
  }

  /**
   * The item of the first group in line that may go; that group goes to the end of the line, one that is passed over keeps its place.
   *
   * @param mayGo - false for groups whose turn must wait
   */
  take(mayGo: (group: string) => boolean = () => true): T | null {
    for (const [group, items] of this.#groups) {
      if (!mayGo(group)) continue
      const item = items.shift()
      this.#groups.delete(group)
      if (items.length > 0) this.#groups.set(group, items)
      if (item === undefined) continue
      this.#waiting -= 1
      return item
    }
    return null
  }
}
