import { VigiaError } from '@vigia/protocol'
import type { Clock } from '../std/clock.ts'
import type { KeyFile } from './key-file.ts'
import { activeKey, findKey, looksLikeKey, type StoredKey } from './keys.ts'
import { hostKnown, type OriginRules, originAllowed } from './origin.ts'
import { allows, type Need, SCOPES, type Scope } from './scopes.ts'
import { type Rate, TokenBuckets } from './token-bucket.ts'
import { issueAccessToken, looksLikeToken, type TokenRequest, TokenVerifier } from './tokens.ts'

/** Who may do what: one place that every protocol asks. */

/** Who a request comes from. */
export interface Principal {
  /** Whose sessions: the key's id; null while the server is open. */
  readonly owner: string | null
  readonly scopes: readonly Scope[]
  /** True where owners do not matter: an open server, or scope `admin`. */
  readonly seesAll: boolean
  readonly tokenId?: string
  /** False: nothing that this key's holder sends is kept. */
  readonly keep?: boolean
}

/** What is known of a request before any of it is believed. */
export interface AccessRequest {
  credential: string | null
  origin?: string | undefined
  host?: string | undefined
  /** Address of the peer. */
  ip: string
}

export interface AccessOptions {
  keys: KeyFile
  clock: Clock
  mode: 'auto' | 'required' | 'open'
  /** The listener takes connections of this machine only. */
  loopback: boolean
  rules: OriginRules
  rates: { requests: Rate; sessions: Rate; photos: Rate }
  /** Told of each refusal and each token. Holds no secret. */
  onEvent?: (event: AccessEvent) => void
}

export interface AccessEvent {
  action: 'auth_failed' | 'origin_refused' | 'forbidden' | 'rate_limited' | 'token_issued'
  keyId: string | null
  ip: string
}

/** Wrong keys from one address: after this many at once, one each six seconds. */
const FAILURES: Rate = { burst: 10, perSecond: 1 / 6 }

const OPEN: Principal = Object.freeze({ owner: null, scopes: SCOPES, seesAll: true })

export class Access {
  readonly #options: AccessOptions
  readonly #tokens = new TokenVerifier()
  readonly #failures = new TokenBuckets(FAILURES)
  readonly #buckets: Readonly<Record<keyof AccessOptions['rates'], TokenBuckets>>

  constructor(options: AccessOptions) {
    this.#options = options
    const { requests, sessions, photos } = options.rates
    this.#buckets = {
      requests: new TokenBuckets(requests),
      sessions: new TokenBuckets(sessions),
      photos: new TokenBuckets(photos),
    }
  }

  /** Whether requests need no key. */
  get isOpen(): boolean {
    const { mode, loopback, keys } = this.#options
    if (mode !== 'auto') return mode === 'open'
    // a revoked or expired key counts: taking the last key away must not open the door
    return loopback && (keys.read()?.keys.length ?? 0) === 0
  }

  /**
   * Refuses pages of foreign origins and foreign names; asked before anything else, also for what needs no key.
   *
   * @throws VigiaError `origin_not_allowed`
   */
  checkOrigin({ origin, host, ip }: Pick<AccessRequest, 'origin' | 'host' | 'ip'>): void {
    const { rules } = this.#options
    // without keys the name is all that tells a page led here by its own name (DNS rebinding) from ours
    const named = !this.isOpen || this.#options.mode === 'open' || hostKnown(rules, host)
    if (named && originAllowed(rules, origin, host)) return
    this.#tell('origin_refused', null, ip)
    throw new VigiaError('origin_not_allowed', 'Expected a page of this server or of a listed origin, got another one.', {
      hint: 'Add its origin to access.origins, or the name you use to access.hosts.',
    })
  }

  /**
   * Who this is. A one-use token is spent by the call.
   *
   * @throws VigiaError `origin_not_allowed`, `unauthorized`, `rate_limited`
   */
  authenticate(request: AccessRequest): Principal {
    this.checkOrigin(request)
    if (request.credential === null && this.isOpen) return OPEN
    const nowMs = this.#options.clock.now()
    if (this.#failures.isEmpty(request.ip, nowMs)) throw this.#limited(null, request.ip, 6000)
    const principal = this.#identify(request)
    if (principal) return principal
    if (this.isOpen) return OPEN // a client that brings a key of another API to an open server
    this.#failures.take(request.ip, nowMs)
    this.#tell('auth_failed', null, request.ip)
    throw new VigiaError(
      'unauthorized',
      request.credential === null ? 'Expected a key, got none.' : 'The key is not a good one.',
      {
        hint: 'Send "Authorization: Bearer KEY"; "vigia keys create" makes one.',
      },
    )
  }

  /** @throws VigiaError `forbidden` */
  require(principal: Principal, need: Need, ip = ''): void {
    if (allows(principal.scopes, need)) return
    this.#tell('forbidden', principal.owner, ip)
    throw new VigiaError('forbidden', `Expected a key with the scope ${need.join(' and ')}, got ${principal.scopes.join(', ')}.`)
  }

  /** Counts one against the rate of a key; an open server has none. @throws VigiaError `rate_limited` */
  spend(principal: Principal, what: keyof AccessOptions['rates'], ip = ''): void {
    if (principal.owner === null) return
    const waitMs = this.#buckets[what].take(principal.owner, this.#options.clock.now())
    if (waitMs > 0) throw this.#limited(principal.owner, ip, waitMs)
  }

  /** A short-lived token for the holder of a key. @throws VigiaError `forbidden` for one without key, or who has a token */
  issue(principal: Principal, request: TokenRequest, ip: string): { token: string; expiresMs: number; scopes: Scope[] } {
    const ring = this.#options.keys.read()
    if (principal.owner === null || principal.tokenId !== undefined || !ring) {
      throw new VigiaError('forbidden', 'Expected the holder of a key, got none.', {
        hint: 'Tokens are made from keys: "vigia keys create". A server that is open needs no token.',
      })
    }
    const issued = issueAccessToken(ring, { keyId: principal.owner, scopes: principal.scopes }, request, this.#wallMs())
    this.#tell('token_issued', principal.owner, ip)
    return issued
  }

  /** Whether a connection that was let in may stay: its key was not revoked and has not expired. */
  stillGood(principal: Principal): boolean {
    if (principal.owner === null) return this.isOpen
    const ring = this.#options.keys.read()
    return ring !== null && activeKey(ring, principal.owner, this.#now()) !== null
  }

  #identify({ credential, origin }: AccessRequest): Principal | null {
    const ring = this.#options.keys.read()
    if (credential === null || !ring) return null
    if (looksLikeKey(credential)) {
      const key = findKey(ring, credential, this.#now())
      return key && { owner: key.id, scopes: key.scopes, seesAll: key.scopes.includes('admin'), ...optOut(key) }
    }
    if (!looksLikeToken(credential)) return null
    const token = this.#tokens.verify(ring, credential, origin ?? null, this.#wallMs())
    if (!token) return null
    const key = ring.keys.find(({ id }) => id === token.keyId)
    const { keyId: owner, scopes, id: tokenId } = token
    return { owner, scopes, seesAll: scopes.includes('admin'), tokenId, ...optOut(key) }
  }

  #limited(keyId: string | null, ip: string, waitMs: number): VigiaError {
    this.#tell('rate_limited', keyId, ip)
    return new VigiaError('rate_limited', 'Too many requests of one kind.', {
      hint: `Try again in ${Math.ceil(waitMs / 1000)} s; the rates are settings under access.`,
    })
  }

  #tell(action: AccessEvent['action'], keyId: string | null, ip: string): void {
    this.#options.onEvent?.({ action, keyId, ip })
  }

  #wallMs(): number {
    return this.#options.clock.wallMs()
  }

  #now(): string {
    return new Date(this.#wallMs()).toISOString()
  }
}

const optOut = (key: StoredKey | undefined): Pick<Principal, 'keep'> => (key?.keep === false ? { keep: false } : {})
