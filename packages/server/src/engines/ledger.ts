/**
 * The memory ledger: which models are in memory, what each takes, and who leaves when another must come in. Pure: sizes,
 * uses and time come in, decisions go out. Megabytes are 2^20 bytes.
 */

export interface Memory {
  ramMb: number
  vramMb: number
}

export interface LedgerLimits extends Memory {
  /** RAM and graphics memory are one (Jetson): everything counts against `ramMb`. */
  unified: boolean
}

export interface LedgerModel {
  id: string
  need: Memory
  /** Higher stays longer; `pinned` never leaves. */
  priority: number | 'pinned'
}

export type LedgerState = 'out' | 'loading' | 'in' | 'leaving'

/** What to do so that a model can be used. */
export type LedgerPlan =
  /** It is in memory. */
  | { action: 'use' }
  /** Take these out, in this order, then load it. */
  | { action: 'load'; evict: string[] }
  /** It fits once these are no longer in use, or have come or gone. */
  | { action: 'wait'; for: string[] }
  | { action: 'refuse'; reason: string }

interface Slot extends LedgerModel {
  state: LedgerState
  uses: number
  usedAtMs: number
}

/** Bookkeeping of one machine's model memory. */
export class Ledger {
  readonly limits: LedgerLimits
  readonly #slots = new Map<string, Slot>()

  constructor(limits: LedgerLimits) {
    this.limits = limits
  }

  /** Makes a model known, or changes what it needs while it is out. */
  register(model: LedgerModel): void {
    const known = this.#slots.get(model.id)
    if (known && known.state !== 'out') throw new Error(`"${model.id}" is in memory; its need cannot change`)
    this.#slots.set(model.id, { ...model, state: 'out', uses: 0, usedAtMs: known?.usedAtMs ?? 0 })
  }

  forget(id: string): void {
    this.#slots.delete(id)
  }

  stateOf(id: string): LedgerState {
    return this.#slot(id).state
  }

  /** Every model that is known, for people who look. */
  entries(): { id: string; need: Memory; state: LedgerState; inUse: boolean }[] {
    return [...this.#slots.values()].map(({ id, need, state, uses }) => ({ id, need, state, inUse: uses > 0 }))
  }

  /** What everything that is in, or on its way, takes. */
  used(): Memory {
    return total([...this.#slots.values()].filter(({ state }) => state !== 'out'))
  }

  /**
   * Decides how `id` comes into memory.
   *
   * @param free - memory that the machine says is free now; other programs take some too
   */
  plan(id: string, free: Partial<Memory> = {}): LedgerPlan {
    const slot = this.#slot(id)
    if (slot.state === 'in') return { action: 'use' }
    if (slot.state !== 'out') return { action: 'wait', for: [id] }
    const tooLarge = this.#excess(slot.need, this.limits)
    if (tooLarge) return { action: 'refuse', reason: `it needs ${tooLarge}` }
    const room = this.#room(free)
    const idle = this.#idle()
    const evict = smallestPrefix(idle, (gone) => this.#fits(slot.need, plus(room, total(gone))))
    if (evict)
      return {
        action: 'load',
        evict: withoutNeedless(evict, (gone) => this.#fits(slot.need, plus(room, total(gone)))).map((gone) => gone.id),
      }
    const others = [...this.#slots.values()].filter((other) => other.state !== 'out' && other.priority !== 'pinned')
    if (this.#fits(slot.need, plus(room, total(others)))) {
      const busy = others.filter((other) => !idle.includes(other))
      return { action: 'wait', for: busy.map((other) => other.id) }
    }
    const short = this.#excess(slot.need, plus(room, total(others)))
    return { action: 'refuse', reason: `it needs ${short}, and what else is in memory cannot leave` }
  }

  /** A load begins: its memory counts from here on. */
  loading(id: string): void {
    this.#move(id, ['out'], 'loading')
  }
  loaded(id: string, nowMs: number): void {
    this.#move(id, ['loading'], 'in')
    this.#slot(id).usedAtMs = nowMs
  }
  /** The model is being taken out; its memory counts until it has left. */
  leaving(id: string): void {
    if (this.#slot(id).uses > 0) throw new Error(`"${id}" is in use`)
    this.#move(id, ['in'], 'leaving')
  }
  /** It is out: evicted, failed to load, or died. Those who used it have been told by their own errors. */
  left(id: string): void {
    const slot = this.#slot(id)
    slot.state = 'out'
    slot.uses = 0
  }

  acquire(id: string, nowMs: number): void {
    const slot = this.#slot(id)
    if (slot.state !== 'in') throw new Error(`"${id}" is not in memory`)
    slot.uses += 1
    slot.usedAtMs = nowMs
  }
  release(id: string, nowMs: number): void {
    const slot = this.#slots.get(id)
    if (!slot || slot.uses === 0) return
    slot.uses -= 1
    slot.usedAtMs = nowMs
  }

  /** Models that nobody has used for `idleMs`, to be taken out. */
  idleFor(idleMs: number, nowMs: number): string[] {
    return this.#idle()
      .filter((slot) => nowMs - slot.usedAtMs >= idleMs)
      .map((slot) => slot.id)
  }

  /** For people: what is where. */
  describe(): { id: string; state: LedgerState; uses: number; need: Memory; priority: LedgerModel['priority'] }[] {
    return [...this.#slots.values()].map(({ id, state, uses, need, priority }) => ({ id, state, uses, need, priority }))
  }

  /** Who may leave, first to go first: lowest priority, then longest unused. */
  #idle(): Slot[] {
    return [...this.#slots.values()]
      .filter((slot) => slot.state === 'in' && slot.uses === 0 && slot.priority !== 'pinned')
      .sort((a, b) => Number(a.priority) - Number(b.priority) || a.usedAtMs - b.usedAtMs)
  }

  /** Room beside what is in: by the ledger, and by what the machine says. */
  #room(free: Partial<Memory>): Memory {
    const used = this.used()
    const room = this.limits.unified
      ? { ramMb: this.limits.ramMb - used.ramMb - used.vramMb, vramMb: 0 }
      : { ramMb: this.limits.ramMb - used.ramMb, vramMb: this.limits.vramMb - used.vramMb }
    return { ramMb: Math.min(room.ramMb, free.ramMb ?? Infinity), vramMb: Math.min(room.vramMb, free.vramMb ?? Infinity) }
  }

  #fits(need: Memory, room: Memory): boolean {
    return this.#excess(need, room) === null
  }

  /** What is too much, in words; null when it fits. */
  #excess(need: Memory, room: Memory): string | null {
    const says = (mb: number, of: number, what: string): string =>
      `${Math.ceil(mb)} MB of ${what}, ${Math.max(0, Math.floor(of))} can be had`
    if (this.limits.unified) {
      const sum = need.ramMb + need.vramMb
      // Memory that leaves may be counted under either name; together they are one.
      const has = room.ramMb + (Number.isFinite(room.vramMb) ? room.vramMb : 0)
      return sum > has ? says(sum, has, 'shared memory') : null
    }
    if (need.ramMb > room.ramMb) return says(need.ramMb, room.ramMb, 'RAM')
    if (need.vramMb > room.vramMb) return says(need.vramMb, room.vramMb, 'graphics memory')
    return null
  }

  #move(id: string, from: LedgerState[], to: LedgerState): void {
    const slot = this.#slot(id)
    if (!from.includes(slot.state)) throw new Error(`"${id}" is ${slot.state}, it cannot become ${to}`)
    slot.state = to
  }

  #slot(id: string): Slot {
    const slot = this.#slots.get(id)
    if (!slot) throw new Error(`"${id}" is not in the ledger`)
    return slot
  }
}

const plus = (a: Memory, b: Memory): Memory => ({ ramMb: a.ramMb + b.ramMb, vramMb: a.vramMb + b.vramMb })
const total = (slots: readonly LedgerModel[]): Memory => slots.reduce((sum, { need }) => plus(sum, need), { ramMb: 0, vramMb: 0 })

/** The shortest beginning of the list that is enough; null when all of it is not. */
function smallestPrefix(slots: readonly Slot[], enough: (gone: readonly Slot[]) => boolean): Slot[] | null {
  for (let count = 0; count <= slots.length; count += 1) if (enough(slots.slice(0, count))) return slots.slice(0, count)
  return null
}

/** Leaves out those whose leaving changes nothing, the most valuable first. */
function withoutNeedless(evict: readonly Slot[], enough: (gone: readonly Slot[]) => boolean): Slot[] {
  let kept = [...evict]
  for (const slot of [...evict].reverse()) {
    const rest = kept.filter((other) => other !== slot)
    if (enough(rest)) kept = rest
  }
  return kept
}

/** How a model is loaded: as it is meant, with less context or batch, or on the CPU. */
export type LoadVariant = 'full' | 'smaller' | 'cpu'

/** After a death for want of memory: once smaller, then on the CPU, then it is reported. */
export function nextVariant(failed: LoadVariant, allowed: readonly LoadVariant[]): LoadVariant | null {
  const order: LoadVariant[] = ['full', 'smaller', 'cpu']
  return order.slice(order.indexOf(failed) + 1).find((variant) => allowed.includes(variant)) ?? null
}
