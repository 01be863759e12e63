import type { Logger } from '../../log.ts'

/** Fields that are accepted without effect are told once in the log, by name, never by value. */

const MAX_NAMES = 1000
const PLAIN = /^[\w.[\]-]{1,80}$/

export class FieldLog {
  readonly #log: Pick<Logger, 'info'>
  readonly #seen = new Set<string>()

  constructor(log: Pick<Logger, 'info'>) {
    this.#log = log
  }

  /** @param used - names that have an effect; every other key of `body` is told */
  unused(api: string, body: object, used: ReadonlySet<string>): void {
    for (const field of Object.keys(body)) if (!used.has(field)) this.note(api, field)
  }

  note(api: string, field: string): void {
    const key = `${api} ${field}`
    if (this.#seen.has(key) || this.#seen.size >= MAX_NAMES || !PLAIN.test(field)) return
    this.#seen.add(key)
    this.#log.info({ api, field }, 'a field of a compatible API is accepted without effect')
  }
}
