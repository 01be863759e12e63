import { useSyncExternalStore } from 'react'

/** Whether the server answers and lets us in: told by the answers themselves. */

export interface Reach {
  /** False while what is shown is what the service worker kept, or nothing. */
  reached: boolean
  /** The server wants a key, or another one. */
  refused: boolean
}

const KEPT_HEADER = 'x-vigia-kept'

let reach: Reach = { reached: true, refused: false }
const listeners = new Set<() => void>()

function note(change: Partial<Reach>): void {
  const next = { ...reach, ...change }
  if (next.reached === reach.reached && next.refused === reach.refused) return
  reach = next
  for (const listener of listeners) listener()
}

/** `fetch` that notes how the server answered. */
export async function watchedFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  try {
    const response = await fetch(input, init)
    note({ reached: !response.headers.has(KEPT_HEADER), ...(response.status === 401 ? { refused: true } : {}) })
    return response
  } catch (error) {
    if (!init?.signal?.aborted) note({ reached: false })
    throw error
  }
}

/** A good key was given. */
export const letIn = (): void => note({ refused: false })

export const useReach = (): Reach =>
  useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => reach,
  )
