/**
 * Where a native client may put its key or token: `Authorization: Bearer …`, or for a browser's WebSocket, which cannot set
 * headers, a subprotocol `vigia.token.…` beside `vigia.v1`. Never the URL, which ends up in logs and histories.
 */

export const SUBPROTOCOL = 'vigia.v1'
const TOKEN_PROTOCOL = 'vigia.token.'
const MAX_CHARS = 4096

export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** The credential of a request; null where it has none. */
export function credentialOf(headers: Headers): string | null {
  const authorization = single(headers.authorization)
  const bearer = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (bearer !== undefined) return bearer.slice(0, MAX_CHARS)
  // something else in Authorization is a credential too, and not a good one
  if (authorization !== undefined && authorization !== '') return ''
  const offered = single(headers['sec-websocket-protocol'])?.split(',') ?? []
  const token = offered.map((part) => part.trim()).find((part) => part.startsWith(TOKEN_PROTOCOL))
  return token === undefined ? null : token.slice(TOKEN_PROTOCOL.length, TOKEN_PROTOCOL.length + MAX_CHARS)
}

const single = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)
