import { useSyncExternalStore } from 'react'

/** Where the app is: the part of the address after `#`, because paths belong to the API. */
export interface Route {
  /** Parts of the path: `['sessions', 'abc']`. */
  path: string[]
  query: URLSearchParams
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?')
  return { path: path.split('/').filter(Boolean).map(decoded), query: new URLSearchParams(query) }
}

/** What is not well encoded stands for itself: an address is typed and cut by people. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

export function useRoute(): Route {
  const hash = useSyncExternalStore(subscribe, () => location.hash)
  return parseRoute(hash)
}

function subscribe(changed: () => void): () => void {
  addEventListener('hashchange', changed)
  return () => removeEventListener('hashchange', changed)
}

/** @param replace - without a step in the history */
export function go(to: string, replace = false): void {
  const address = `#${to}`
  if (replace) {
    history.replaceState(null, '', address)
    dispatchEvent(new HashChangeEvent('hashchange'))
  } else location.hash = address
}
