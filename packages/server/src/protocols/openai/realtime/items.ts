import { FieldError, type Json } from '../../compat/read.ts'

/** The items of a conversation, in order. Pure. */

/** Old items are forgotten here; the session's own memory has its own bound. */
const MAX_ITEMS = 1000

export interface Item extends Json {
  id: string
  type: string
}

export class Items {
  readonly #items: Item[] = []

  get lastId(): string | null {
    return this.#items.at(-1)?.id ?? null
  }

  get all(): readonly Item[] {
    return this.#items
  }

  find(id: unknown): Item | undefined {
    return this.#items.find((item) => item.id === id)
  }

  /** @throws VigiaError `invalid_request` */
  require(id: unknown): Item {
    const item = this.find(id)
    if (item) return item
    throw new FieldError('item_id', `Error: the item with id '${String(id).slice(0, 80)}' does not exist.`)
  }

  /** Adds at the end; returns the id of the item before it. */
  add(item: Item): string | null {
    const before = this.lastId
    this.#items.push(item)
    if (this.#items.length > MAX_ITEMS) this.#items.shift()
    return before
  }
}
