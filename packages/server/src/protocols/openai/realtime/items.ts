import type { MessageRef } from '../../../session/assistant.ts'
import { estimateTokens, IMAGE_TOKENS } from '../../compat/ask.ts'
import { FieldError, isObject, type Json, list } from '../../compat/read.ts'

/** The items of a conversation, in order, each with the message of the assistant's memory that it stands for. Pure. */

/** Old items are forgotten here; the session's own memory has its own bound. */
const MAX_ITEMS = 1000
/** Pictures stay in their items, for responses beside the conversation. */
const MAX_CHARS = 32 * 1024 * 1024

export interface Item extends Json {
  id: string
  type: string
}

interface Entry {
  item: Item
  /** Null where the assistant remembers nothing of it. */
  ref: MessageRef | null
  /** Photos that came in it. */
  frameIds: readonly string[]
  /** Of pictures and the like in it, when it was added. */
  chars: number
}

export class Items {
  #entries: Entry[] = []
  #chars = 0

  get lastId(): string | null {
    return this.#entries.at(-1)?.item.id ?? null
  }

  get all(): readonly Item[] {
    return this.#entries.map(({ item }) => item)
  }

  find(id: unknown): Item | undefined {
    return this.#entries.find(({ item }) => item.id === id)?.item
  }

  /** @throws VigiaError `invalid_request` */
  require(id: unknown, name = 'item_id'): Item {
    return this.#entries[this.#indexOf(id, name)]!.item
  }

  /**
   * Adds an item, at the end unless it is said behind which one (`root`: before all).
   *
   * @returns the id of the item before it
   * @throws VigiaError `invalid_request` for an item that is not there
   */
  add(
    item: Item,
    { after, ref = null, frameIds = [] }: Partial<Pick<Entry, 'ref' | 'frameIds'>> & { after?: string } = {},
  ): string | null {
    const at = after === undefined ? this.#entries.length : this.#place(after)
    const before = this.#entries[at - 1]?.item.id ?? null
    const chars = charsOf(item)
    this.#entries.splice(at, 0, { item, ref, frameIds, chars })
    this.#chars += chars
    while (this.#entries.length > MAX_ITEMS || (this.#chars > MAX_CHARS && this.#entries.length > 1))
      this.#chars -= this.#entries.shift()!.chars
    return before
  }

  /** Takes an item out. @throws VigiaError `invalid_request` */
  remove(id: unknown): Entry {
    const entry = this.#entries.splice(this.#indexOf(id, 'item_id'), 1)[0]!
    this.#chars -= entry.chars
    return entry
  }

  /** The assistant remembers this item as part of a message. */
  link(id: string, ref: MessageRef): void {
    const entry = this.#entries.find(({ item }) => item.id === id)
    if (entry) entry.ref = ref
  }

  refOf(id: string): MessageRef | null {
    return this.#entries.find(({ item }) => item.id === id)?.ref ?? null
  }

  /** Messages of the items up to this one, the nearest first. @throws VigiaError `invalid_request` */
  refsUpTo(after: string): MessageRef[] {
    const before = this.#entries.slice(0, this.#place(after)).reverse()
    return before.flatMap(({ ref }) => (ref ? [ref] : []))
  }

  /** The words of all items that are remembered in one message. */
  wordsOf(ref: MessageRef): string {
    const key = JSON.stringify(ref)
    const parts = this.#entries.filter((entry) => JSON.stringify(entry.ref) === key).map(({ item }) => textOfItem(item))
    return parts.filter((text) => text !== '').join(' ')
  }

  #place(after: string): number {
    return after === 'root' ? 0 : this.#indexOf(after, 'previous_item_id') + 1
  }

  #indexOf(id: unknown, name: string): number {
    const at = this.#entries.findIndex(({ item }) => item.id === id)
    if (at >= 0) return at
    throw new FieldError(name, `Error: the item with id '${String(id).slice(0, 80)}' does not exist.`)
  }
}

const charsOf = ({ content }: Item): number => (content === undefined ? 0 : JSON.stringify(content).length)

/** Pictures count as they do elsewhere, whatever their bytes. */
export function tokensOfItem({ content, ...item }: Item): number {
  const pictures = list(content).filter((part) => isObject(part) && part.type === 'input_image').length
  const words = textOfItem({ content, ...item } as Item)
  return estimateTokens(words) + pictures * IMAGE_TOKENS + estimateTokens(`${item.arguments ?? ''}${item.output ?? ''}`)
}

/** Words of an item's parts, typed or transcribed. */
function textOfItem({ content }: Item): string {
  const parts = list(content).filter(isObject)
  return parts
    .map(({ text, transcript }) => (typeof text === 'string' ? text : typeof transcript === 'string' ? transcript : ''))
    .join('\n')
    .trim()
}
