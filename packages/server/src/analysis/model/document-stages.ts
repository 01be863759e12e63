import type { Store } from '../../store/store.ts'
import type { StageStore } from './stages.ts'

const PREFIX = 'analysis/'

/** Stage results among the session's documents: durable, and erased with it. */
export function documentStages(documents: Store['documents'], sessionId: string): StageStore {
  return {
    get: (key) => documents.get(sessionId, PREFIX + key),
    put: (key, value) => documents.put(sessionId, PREFIX + key, value),
    async keep(keys) {
      for (const { key } of await documents.list(sessionId, PREFIX))
        if (!keys.has(key.slice(PREFIX.length))) await documents.delete(sessionId, key)
    },
  }
}
