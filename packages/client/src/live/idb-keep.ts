import type { AudioKeep, KeptSession } from './keep.ts'
import type { StreamItem } from './stream-log.ts'

/** Unconfirmed audio in the browser's IndexedDB. */

const SESSIONS = 'sessions'
const ITEMS = 'items'

/** @param name - of the database */
export function indexedDbKeep(name = 'vigia-live'): AudioKeep {
  let opened: Promise<IDBDatabase> | null = null
  const database = (): Promise<IDBDatabase> => {
    opened ??= open(name)
    return opened
  }
  return {
    async save(session, added, from) {
      const transaction = (await database()).transaction([SESSIONS, ITEMS], 'readwrite')
      transaction.objectStore(SESSIONS).put(session)
      const items = transaction.objectStore(ITEMS)
      for (const item of added) {
        if (item.kind === 'hole' && item.length > 0) items.delete([session.sessionId, item.at, AUDIO])
        items.put({ ...item, sessionId: session.sessionId, order: orderOf(item) })
      }
      items.delete(IDBKeyRange.bound([session.sessionId, 0], [session.sessionId, from], false, true))
      await finished(transaction)
    },
    async clear(sessionId) {
      const transaction = (await database()).transaction([SESSIONS, ITEMS], 'readwrite')
      transaction.objectStore(SESSIONS).delete(sessionId)
      transaction.objectStore(ITEMS).delete(allOf(sessionId))
      await finished(transaction)
    },
    async list() {
      return result<KeptSession[]>((await database()).transaction(SESSIONS).objectStore(SESSIONS).getAll())
    },
    async items(sessionId) {
      return result<StreamItem[]>((await database()).transaction(ITEMS).objectStore(ITEMS).getAll(allOf(sessionId)))
    },
  }
}

/** Gaps and the audio behind them stand at the same byte: gaps by their number, which is the end of their id, then the audio. */
const AUDIO = 1
const orderOf = (item: StreamItem): number => (item.kind === 'audio' ? AUDIO : 1 - 1 / (1 + Number(item.gapId.split('-').at(-1))))

const allOf = (sessionId: string): IDBKeyRange => IDBKeyRange.bound([sessionId, 0], [sessionId, Number.POSITIVE_INFINITY])

function open(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, 1)
  request.onupgradeneeded = () => {
    request.result.createObjectStore(SESSIONS, { keyPath: 'sessionId' })
    request.result.createObjectStore(ITEMS, { keyPath: ['sessionId', 'at', 'order'] })
  }
  return result(request)
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function finished(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = () => reject(transaction.error)
    transaction.onerror = () => reject(transaction.error)
  })
}
