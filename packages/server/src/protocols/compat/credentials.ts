/** Where a client of another API puts its key, and which WebSocket subprotocol to answer with. The one place that knows. */

export interface Credentials {
  /** The key as it came; null when none was sent. */
  key: string | null
  /** A short-lived token in the place of a key (`auth_tokens/…`, `ek_…`). */
  ephemeral: boolean
  via: 'header' | 'query' | 'subprotocol' | null
}

interface Incoming {
  url?: string | undefined
  headers: Record<string, string | string[] | undefined>
}

const OPENAI_KEY = 'openai-insecure-api-key.'
/** Clients without a key send these literally. */
const NO_KEY = new Set(['', 'undefined', 'null'])

/** Looks in header, query and subprotocols, in this order. */
export function credentialsOf(request: Incoming): Credentials {
  const found = fromHeaders(request) ?? fromQuery(request) ?? fromSubprotocols(request)
  if (!found) return { key: null, ephemeral: false, via: null }
  const ephemeral = found.key.startsWith('auth_tokens/') || found.key.startsWith('ek_')
  return { ...found, ephemeral }
}

/** True when the key came the way Gemini's clients send it: decides the dialect of `GET /v1/models`. */
export function looksLikeGemini(request: Incoming): boolean {
  return header(request, 'x-goog-api-key') !== null || query(request).has('key')
}

type Found = Pick<Credentials, 'key' | 'via'> & { key: string }

function fromHeaders(request: Incoming): Found | null {
  const goog = header(request, 'x-goog-api-key')
  const scheme = /^\s*(?:bearer|token)\s+(\S+)\s*$/i.exec(header(request, 'authorization') ?? '')?.[1]
  const key = [goog, scheme].find((value) => value && !NO_KEY.has(value))
  return key ? { key, via: 'header' } : null
}

function fromQuery(request: Incoming): Found | null {
  const params = query(request)
  const key = [params.get('key'), params.get('access_token')].find((value) => value && !NO_KEY.has(value))
  return key ? { key, via: 'query' } : null
}

function fromSubprotocols(request: Incoming): Found | null {
  const offered = (header(request, 'sec-websocket-protocol') ?? '').split(',').map((value) => value.trim())
  const openai = offered.find((value) => value.startsWith(OPENAI_KEY))
  if (openai) return { key: openai.slice(OPENAI_KEY.length), via: 'subprotocol' }
  const scheme = offered.findIndex((value) => /^(token|bearer)$/i.test(value))
  const key = scheme >= 0 ? offered[scheme + 1] : undefined
  return key ? { key, via: 'subprotocol' } : null
}

/** The subprotocol to answer with: never one that holds a key. False selects none. */
export function selectSubprotocol(offered: ReadonlySet<string>): string | false {
  for (const known of ['vigia.v1', 'realtime', 'token', 'bearer', 'Token', 'Bearer']) if (offered.has(known)) return known
  return false
}

function header({ headers }: Incoming, name: string): string | null {
  const value = headers[name]
  return (Array.isArray(value) ? value.join(',') : value) ?? null
}

function query({ url = '' }: Incoming): URLSearchParams {
  const at = url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
}
