import { activeKey, type KeyRing } from './keys.ts'
import { narrowed, type Scope } from './scopes.ts'
import { keyedHash, newId, sameText } from './secrets.ts'

/**
 * Short-lived tokens for browsers and phones: `vt_CLAIMS_SIGNATURE`. One kind of signature (HMAC-SHA-256), none to choose.
 * A token dies with its key.
 */

interface Claims {
  /** Id of the token. */
  i: string
  /** Id of the key it was made from. */
  k: string
  s: Scope[]
  /** Milliseconds since 1970. */
  e: number
  /** The only web origin that may use it. */
  o?: string
  /** May be used once. */
  u?: 1
}

export interface TokenRequest {
  scopes: readonly Scope[]
  lifetimeMs: number
  origin?: string
  once: boolean
}

export interface VerifiedToken {
  id: string
  keyId: string
  scopes: Scope[]
  expiresMs: number
}

export const MAX_TOKEN_MS = 24 * 3_600_000
/** Spent tokens that are remembered until they expire; with more than this, new ones are refused. */
const MAX_SPENT = 100_000
const MAX_TOKEN_CHARS = 2048
const TOKEN = /^vt_([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{43})$/

export const looksLikeToken = (text: string): boolean => text.startsWith('vt_')

export function issueAccessToken(
  ring: KeyRing,
  holder: { keyId: string; scopes: readonly Scope[] },
  request: TokenRequest,
  nowMs: number,
): { token: string; expiresMs: number; scopes: Scope[] } {
  const scopes = narrowed(holder.scopes, request.scopes)
  const expiresMs = nowMs + Math.min(request.lifetimeMs, MAX_TOKEN_MS)
  const claims: Claims = {
    i: newId(),
    k: holder.keyId,
    s: scopes,
    e: expiresMs,
    ...(request.origin === undefined ? {} : { o: request.origin }),
    ...(request.once ? { u: 1 as const } : {}),
  }
  const body = Buffer.from(JSON.stringify(claims)).toString('base64url')
  return { token: `vt_${body}.${keyedHash(ring.signing, body)}`, expiresMs, scopes }
}

/** Checks tokens and remembers which one-use ones were spent. */
export class TokenVerifier {
  readonly #spent = new Map<string, number>()

  /** Null for any reason that makes a token no good. A one-use token is spent by this. */
  verify(ring: KeyRing, text: string, origin: string | null, nowMs: number): VerifiedToken | null {
    const claims = readClaims(ring, text)
    if (!claims || claims.e <= nowMs) return null
    if (claims.o !== undefined && claims.o !== origin) return null
    const key = activeKey(ring, claims.k, new Date(nowMs).toISOString())
    if (!key) return null
    if (claims.u && !this.#spend(claims, nowMs)) return null
    return { id: claims.i, keyId: key.id, scopes: narrowed(key.scopes, claims.s), expiresMs: claims.e }
  }

  #spend(claims: Claims, nowMs: number): boolean {
    if (this.#spent.has(claims.i)) return false
    if (this.#spent.size >= MAX_SPENT) {
      for (const [id, expiresMs] of this.#spent) if (expiresMs <= nowMs) this.#spent.delete(id)
      if (this.#spent.size >= MAX_SPENT) return false
    }
    this.#spent.set(claims.i, claims.e)
    return true
  }
}

function readClaims(ring: KeyRing, text: string): Claims | null {
  const match = text.length <= MAX_TOKEN_CHARS ? TOKEN.exec(text) : null
  if (!match || !sameText(keyedHash(ring.signing, match[1]!), match[2]!)) return null
  return JSON.parse(Buffer.from(match[1]!, 'base64url').toString('utf8')) as Claims // signed by us
}
