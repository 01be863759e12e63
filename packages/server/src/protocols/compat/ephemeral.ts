import { randomBytes } from 'node:crypto'
import { VigiaError } from '@vigia/protocol'
import type { Caller } from './deps.ts'
import { Lru } from './lru.ts'

/** Short-lived tokens that stand for a key in a browser: Gemini's `auth_tokens/…`, OpenAI's `ek_…`. In memory: a restart ends them. */

export interface Grant {
  owner: string | null
  /** False: its maker's key opted out of storing. */
  keep: boolean
  /** New sessions may be opened until then, milliseconds since 1970. */
  openUntilMs: number
  /** Nothing works with it after that. */
  expiresMs: number
  /** Sessions left to open. */
  uses: number
  /** What its maker fixed, in the API's own form. */
  fixed: unknown
}

const MAX_TOKENS = 10_000

export class EphemeralTokens {
  readonly #grants = new Lru<string, Grant>(MAX_TOKENS)
  readonly #prefix: string

  constructor(prefix: 'auth_tokens/' | 'ek_') {
    this.#prefix = prefix
  }

  issue(grant: Grant): string {
    const name = `${this.#prefix}${randomBytes(24).toString('base64url')}`
    this.#grants.set(name, { ...grant })
    return name
  }

  owns(key: string | null): key is string {
    return key?.startsWith(this.#prefix) === true
  }

  /** Spends one use. @throws VigiaError `unauthorized` */
  redeem(name: string, nowMs: number): Grant {
    const grant = this.#grants.get(name)
    if (!grant || nowMs > grant.openUntilMs || nowMs > grant.expiresMs || grant.uses < 1) {
      throw new VigiaError('unauthorized', 'The token is unknown, used up or expired.', { hint: 'Ask for a new one.' })
    }
    grant.uses -= 1
    if (grant.uses < 1) this.#grants.delete(name)
    return grant
  }
}

/** The holder of a token acts for its maker, and opts out where either does. */
export const callerOfGrant = ({ owner, keep }: Grant, holder: Caller): Caller => ({
  ...holder,
  owner,
  keep: holder.keep && keep,
})
