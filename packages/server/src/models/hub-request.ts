import { VigiaError } from '@vigia/protocol'
import { authHeaders } from './file-url.ts'
import type { HubSettings } from './hub-settings.ts'

/** One ranged GET at the hub: redirects by hand, so that the hub's own answer is seen and the token stays with it. */

export interface HubAnswer {
  response: Response
  /** SHA-256 that the hub itself names for the file (LFS and Xet files), hex. */
  sha256: string | null
  /** Size that the hub itself names, bytes. */
  bytes: number | null
}

/** What can be done about a refused request. */
export type Refusal =
  | { kind: 'fatal'; error: VigiaError }
  | { kind: 'retry'; afterMs: number | null; reason: string }
  /** The server knows no such range: what is here is thrown away. */
  | { kind: 'restart'; reason: string }

export class HubRefused extends Error {
  readonly refusal: Refusal
  constructor(refusal: Refusal) {
    super(refusal.kind === 'fatal' ? refusal.error.message : refusal.reason)
    this.refusal = refusal
  }
}

const MAX_REDIRECTS = 6

export interface HubRequest {
  url: URL
  /** First byte wanted. */
  fromByte: number
  hub: HubSettings
  fetch: typeof fetch
  signal: AbortSignal
}

/** @throws HubRefused; the fetch's own error when the network fails */
export async function requestFile({ url, fromByte, hub, fetch, signal }: HubRequest): Promise<HubAnswer> {
  let at = url
  let sha256: string | null = null
  let bytes: number | null = null
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const range: Record<string, string> = fromByte > 0 ? { range: `bytes=${fromByte}-` } : {}
    const headers = { 'accept-encoding': 'identity', 'user-agent': 'vigia', ...authHeaders(at, hub), ...range }
    const response = await fetch(at, { redirect: 'manual', headers, signal })
    const { headers: got, status } = response
    // Behind a redirect an ETag is the storage's own, not the file's checksum.
    sha256 ??= hash(got.get('x-linked-etag') ?? (hop === 0 ? got.get('etag') : null))
    bytes ??= size(got.get('x-linked-size'))
    if (status === 200 || status === 206) return { response, sha256, bytes }
    await response.body?.cancel()
    const location = got.get('location')
    if (status < 300 || status >= 400 || !location) throw new HubRefused(refusalOf(response, at, hop))
    at = redirected(location, at)
  }
  throw new HubRefused({ kind: 'retry', afterMs: null, reason: `more than ${MAX_REDIRECTS} redirects` })
}

/** A redirect may not lead from an encrypted address to a plain one. */
function redirected(location: string, from: URL): URL {
  const to = new URL(location, from)
  if (to.protocol === 'https:' || to.protocol === from.protocol) return to
  const error = new VigiaError('hub_unreachable', `${from.host} redirects to ${to.protocol}//, which is not encrypted.`)
  throw new HubRefused({ kind: 'fatal', error })
}

const hash = (etag: string | null): string | null => /^(?:W\/)?"?([0-9a-f]{64})"?$/.exec(etag ?? '')?.[1] ?? null
const size = (text: string | null): number | null => (text && /^\d+$/.test(text) ? Number(text) : null)

function refusalOf({ status, headers }: Response, url: URL, hop: number): Refusal {
  const where = `${url.host}${url.pathname}`
  if (status === 416) return { kind: 'restart', reason: 'the range was refused' }
  if (status === 429) return { kind: 'retry', afterMs: waitMs(headers), reason: `${url.host} limits the rate of requests` }
  if (status >= 500 || status === 408)
    return { kind: 'retry', afterMs: waitMs(headers), reason: `${url.host} answered ${status}` }
  // A signed address of the storage behind the hub expires: the hub gives a new one.
  if (hop > 0 && (status === 401 || status === 403)) return { kind: 'retry', afterMs: 0, reason: 'the signed address expired' }
  if (status === 401 || status === 403) {
    const gated = headers.get('x-error-code') === 'GatedRepo'
    const error = new VigiaError('model_license', `${where} is not open to you (${status}${gated ? ', gated' : ''}).`, {
      hint: 'Accept its terms on its page, and set HF_TOKEN to a token of that account.',
    })
    return { kind: 'fatal', error }
  }
  const error = new VigiaError('model_not_found', `${where} was not found (${status}).`, {
    hint: 'It was moved or renamed; "vigia models import DIR" takes files brought by hand.',
  })
  return { kind: 'fatal', error }
}

/** `Retry-After` in seconds or as a date, or the hub's `RateLimit: "api";r=0;t=55`. */
function waitMs(headers: Headers): number | null {
  const limit = /(?:^|;)\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]
  if (limit) return Number(limit) * 1000
  const after = headers.get('retry-after')
  if (!after) return null
  if (/^\d+$/.test(after)) return Number(after) * 1000
  const at = Date.parse(after)
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now())
}
