/** How a client says who it is: an API key, or a short-lived token that a server gave out. None where the server is open. */
export interface Auth {
  key?: string
  token?: string
}

const credentialOf = ({ key, token }: Auth): string | undefined => token ?? key

/** Headers of an HTTP request. */
export function authHeaders(auth: Auth = {}): Record<string, string> {
  const credential = credentialOf(auth)
  return credential ? { authorization: `Bearer ${credential}` } : {}
}

/**
 * WebSocket subprotocols that carry the credential, because browsers cannot set headers on a socket. The server answers with
 * the first, which holds no secret. A credential is never put into an address, which ends up in logs and histories.
 */
export function authProtocols(auth: Auth = {}): string[] {
  const credential = credentialOf(auth)
  return credential ? ['vigia.v1', `vigia.token.${credential}`] : ['vigia.v1']
}
