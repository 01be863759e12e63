import { VigiaError } from '@vigia/protocol'

/** What a key may do. `live` adds (sessions, photos), `read` reads, `admin` does everything, for all owners. */
export const SCOPES = ['live', 'read', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** What a route asks for: all of the scopes listed. */
export type Need = readonly Scope[]

/** @throws VigiaError `invalid_request` */
export function parseScopes(text: string): Scope[] {
  const names = text.split(/[\s,]+/).filter((name) => name !== '')
  const unknown = names.find((name) => !SCOPES.includes(name as Scope))
  if (names.length === 0 || unknown !== undefined) {
    throw new VigiaError('invalid_request', `Expected scopes out of ${SCOPES.join(', ')}, got "${text.slice(0, 80)}".`)
  }
  return SCOPES.filter((scope) => names.includes(scope))
}

/** Whether scopes cover a need; `admin` covers all. */
export function allows(scopes: readonly Scope[], need: Need): boolean {
  return scopes.includes('admin') || need.every((scope) => scopes.includes(scope))
}

/** The part of `wanted` that a holder of `held` may pass on. */
export function narrowed(held: readonly Scope[], wanted: readonly Scope[]): Scope[] {
  return wanted.filter((scope) => held.includes('admin') || held.includes(scope))
}
