import { letIn } from './reach.ts'
import { go, parseRoute } from './router.ts'
import { tellAuth } from './service-worker.ts'
import { changeSettings } from './settings.ts'

/** What the QR code opens: the app, with the key behind `#`, which browsers keep to themselves. */
export const pairingUrl = (server: string, key: string): string => `${server}/#/${key ? `?key=${encodeURIComponent(key)}` : ''}`

/** What to do with an address: the key in it, and the address without. `#key=…` is what the server's terminal prints. Pure. */
export function keyInAddress(hash: string): { key: string; rest: string } | null {
  const { path, query } = parseRoute(hash.replace(/^#key=/, '#/?key='))
  const key = query.get('key')
  if (key === null) return null
  query.delete('key')
  return { key, rest: `/${path.map(encodeURIComponent).join('/')}${query.size > 0 ? `?${query}` : ''}` }
}

/** Takes a key out of the address before anything else sees it; also when an open page is given a new address. */
export function takeKeyFromAddress(): void {
  const take = (): void => {
    const found = keyInAddress(location.hash)
    if (!found) return
    changeSettings({ key: found.key })
    void tellAuth()
    letIn() // where it is not good, the next answer says so
    go(found.rest, true)
  }
  take()
  addEventListener('hashchange', take)
}
