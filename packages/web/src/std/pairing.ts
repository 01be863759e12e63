import { go, parseRoute } from './router.ts'
import { changeSettings } from './settings.ts'

/** What the QR code opens: the app, with the key behind `#`, which browsers keep to themselves. */
export const pairingUrl = (server: string, key: string): string => `${server}/#/${key ? `?key=${encodeURIComponent(key)}` : ''}`

/** Takes a key out of the address before anything else sees it. */
export function takeKeyFromAddress(): void {
  const { path, query } = parseRoute(location.hash)
  const key = query.get('key')
  if (key === null) return
  query.delete('key')
  changeSettings({ key })
  go(`/${path.map(encodeURIComponent).join('/')}${query.size > 0 ? `?${query}` : ''}`, true)
}
