import { toErrorBody } from '@vigia/protocol'

/** The last errors, equal ones counted together, for people who look at the server. Holds codes and our own texts, never content. */

export interface RecentError {
  /** ISO 8601, of the newest. */
  at: string
  code: string
  message: string
  hint?: string
  count: number
}

export class RecentErrors {
  readonly #max: number
  readonly #byText = new Map<string, RecentError>()

  constructor(max = 20) {
    this.#max = max
  }

  add(error: Omit<RecentError, 'count' | 'at'>, wallMs: number): void {
    const key = `${error.code} ${error.message}`
    const count = (this.#byText.get(key)?.count ?? 0) + 1
    this.#byText.delete(key)
    this.#byText.set(key, { ...error, at: new Date(wallMs).toISOString(), count })
    if (this.#byText.size > this.#max) this.#byText.delete(this.#byText.keys().next().value!)
  }

  /** A failure of ours; what a client did wrong is not one. */
  note(error: unknown, wallMs: number): void {
    const { code, message, hint, retryable } = toErrorBody(error)
    if (code === 'internal' || retryable) this.add({ code, message, ...(hint ? { hint } : {}) }, wallMs)
  }

  /** Newest first. */
  list(): RecentError[] {
    return [...this.#byText.values()].reverse()
  }
}
