import { Vigia } from '@vigia/client'
import { useSyncExternalStore } from 'react'
import { authOf } from './api.ts'
import { forgetSession } from './service-worker.ts'
import { settings } from './settings.ts'
import { undoShelf } from './undo.ts'

/** Sessions whose erasure waits for its time to be taken back: gone from the lists, still on the server. */

let waiting: ReadonlySet<string> = new Set()
const listeners = new Set<() => void>()

function change(next: ReadonlySet<string>): void {
  waiting = next
  for (const listener of listeners) listener()
}

const without = (id: string): ReadonlySet<string> => new Set([...waiting].filter((one) => one !== id))

/** Erases when the time to undo is over, or at once when the page is left. */
export function eraseLater(id: string, texts: { done: string; failed: string }): void {
  change(new Set([...waiting, id]))
  undoShelf.offer({
    label: texts.done,
    undo: () => change(without(id)),
    settle: () => {
      // `keepalive`: the request outlives the page
      const lasting = new Vigia({ auth: authOf(settings().key), fetch: (url, init) => fetch(url, { ...init, keepalive: true }) })
      lasting
        .erase(id)
        .then(() => forgetSession(id))
        .catch(() => {
          change(without(id))
          undoShelf.say(texts.failed)
        })
    },
  })
}

export const useErasing = (): ReadonlySet<string> =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => waiting,
  )

/** Leaving the page ends the wait. */
export function settleOnLeave(): void {
  addEventListener('pagehide', () => undoShelf.settle())
}
