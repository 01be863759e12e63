import { isIP } from 'node:net'

/** Which web pages and which names may reach the server. Pure. */

export interface OriginRules {
  /** Origins that are allowed besides the server's own, exact. */
  origins: readonly string[]
  /** Host names under which the server is known, lower case. */
  hosts: readonly string[]
  https: boolean
}

/**
 * An absent Origin is no browser. A present one must be the server's own, under a name that is the server's (else a page
 * could point its own name here), or listed.
 *
 * @param host - the Host header
 */
export function originAllowed(rules: OriginRules, origin: string | undefined, host: string | undefined): boolean {
  if (origin === undefined) return true
  if (rules.origins.includes(origin)) return true
  if (host === undefined || !hostKnown(rules, host)) return false
  return origin === `${rules.https ? 'https' : 'http'}://${host.toLowerCase()}`
}

/** A browser that was led here under a foreign name shows it in Host: addresses and names of ours only. */
export function hostKnown(rules: Pick<OriginRules, 'hosts'>, host: string | undefined): boolean {
  const name = hostName(host)
  return name !== null && (isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || rules.hosts.includes(name))
}

/** The name in a Host header, lower case, without port and brackets; null where it is none. */
function hostName(host: string | undefined): string | null {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::\d{1,5})?$/.exec(host ?? '')
  const name = match?.[1] ?? match?.[2]
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '')
}

/** Parts of a setting separated by commas. */
export const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
