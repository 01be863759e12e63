import { VigiaError } from '@vigia/protocol'
import type { FromChild } from './rpc.ts'

/** The calls a child has not answered yet. */

export interface CallOptions<Part = unknown> {
  /** Longest time until the answer, waiting for a restart included, ms. The child is ended when it passes. */
  deadlineMs: number
  signal?: AbortSignal
  onPart?: (part: Part) => void
}

interface Pending {
  resolve(value: unknown): void
  reject(error: unknown): void
  onPart: ((part: never) => void) | undefined
}

/** Matches answers to calls by id. */
export class PendingCalls {
  readonly #calls = new Map<number, Pending>()
  #lastId = 0

  get size(): number {
    return this.#calls.size
  }

  add(pending: Pending): number {
    this.#lastId += 1
    this.#calls.set(this.#lastId, pending)
    return this.#lastId
  }

  /** Hands an answer to its call; answers nobody waits for are dropped. */
  settle(message: Exclude<FromChild, { type: 'ready' }>): void {
    const call = this.#calls.get(message.id)
    if (!call) return
    if (message.type === 'part') {
      call.onPart?.(message.value as never)
      return
    }
    this.#calls.delete(message.id)
    if (message.type === 'result') call.resolve(message.value)
    else call.reject(new VigiaError(message.code, message.message, message.hint ? { hint: message.hint } : {}))
  }

  /** Fails every call in flight: their child is gone. */
  failAll(error: Error): void {
    const calls = [...this.#calls.values()]
    this.#calls.clear()
    for (const call of calls) call.reject(error)
  }
}
