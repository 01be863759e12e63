import { createHash } from 'node:crypto'
import { PROMPT_VERSION } from './schema.ts'

/**
 * Results of stages that cost time, kept under a hash of all that they depend on: an analysis that was interrupted goes on
 * where it was, and one that runs again works only on what an edit changed.
 */

/** Where results are kept; `keep` drops all others. */
export interface StageStore {
  get<T>(key: string): Promise<T | null>
  put(key: string, value: unknown): Promise<void>
  keep(keys: ReadonlySet<string>): Promise<void>
}

/** For an analysis without a store. */
export function memoryStages(): StageStore {
  const kept = new Map<string, unknown>()
  return {
    get: async <T>(key: string) => (kept.get(key) as T | undefined) ?? null,
    put: async (key, value) => void kept.set(key, value),
    keep: async (keys) => {
      for (const key of kept.keys()) if (!keys.has(key)) kept.delete(key)
    },
  }
}

export class Stages {
  readonly #store: StageStore
  readonly #model: string
  readonly #used = new Set<string>()

  constructor(store: StageStore, model: string) {
    this.#store = store
    this.#model = model
  }

  /** The kept result of this stage on this input, else what `work` gives, which is kept. */
  async run<T>(name: string, input: unknown, work: () => Promise<T>): Promise<T> {
    const hash = createHash('sha256')
      .update(JSON.stringify([PROMPT_VERSION, this.#model, name, input]))
      .digest('hex')
    const key = `${name}.${hash.slice(0, 32)}`
    this.#used.add(key)
    const known = await this.#store.get<{ value: T }>(key)
    if (known) return known.value
    const value = await work()
    // Nothing is no result: the next analysis asks again.
    if (value !== null) await this.#store.put(key, { value })
    return value
  }

  /** Forgets what this run did not use. */
  async tidy(): Promise<void> {
    await this.#store.keep(this.#used)
  }
}
