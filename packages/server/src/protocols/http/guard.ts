import { VigiaError } from '@vigia/protocol'
import type { FastifyInstance, FastifyRequest, RouteOptions } from 'fastify'
import type { Access, Principal } from '../../access/access.ts'
import { credentialOf } from '../../access/credentials.ts'
import type { Need } from '../../access/scopes.ts'
import { credentialsOf } from '../compat/credentials.ts'
import { noSuchSession } from './missing.ts'

/**
 * Every route of every protocol passes here before anything of it runs: origin, key, scope, rate. What a route needs stands in its
 * `config.access`, else in the table below; a route that neither names needs a key with scope `admin`.
 */

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks. Set before any handler runs; on public routes an anonymous caller. */
    principal: Principal
  }
  interface FastifyContextConfig {
    /** Scopes that the route needs; `public` needs no key. */
    access?: Need | 'public'
    /** Can serve a key whose holder opted out of storing. */
    forgets?: boolean
  }
}

/** Nobody: may read public things only. */
const ANONYMOUS: Principal = Object.freeze({ owner: null, scopes: [], seesAll: false })

const PUBLIC = [/^\/$/, /^\/app\//, /^\/(livez|readyz|openapi\.json|asyncapi\.json)$/, /^\/docs(\/|$)/]

const TABLE: readonly { method: RegExp; url: RegExp; need: Need }[] = [
  { method: /./, url: /^\/(metrics|audit)$/, need: ['admin'] },
  { method: /./, url: /^\/access\//, need: [] },
  { method: /./, url: /^\/ws\/audio$/, need: ['live'] },
  { method: /^POST$/, url: /^\/(sessions|vision\/frame|vision\/frame_b64)$/, need: ['live'] },
  { method: /^(GET|HEAD)$/, url: /^\/(sessions|search|vision|system|voices)(\/|$)/, need: ['read'] },
  { method: /^(PATCH|POST|PUT|DELETE)$/, url: /^\/(sessions|voices)(\/|$)/, need: ['live', 'read'] },
]

/** What a route of this method and pattern needs; null where it is public. */
export function needOf(method: string, url: string, configured?: Need | 'public'): Need | null {
  if (configured !== undefined) return configured === 'public' ? null : configured
  if (/^(GET|HEAD)$/.test(method) && PUBLIC.some((pattern) => pattern.test(url))) return null
  return TABLE.find((row) => row.method.test(method) && row.url.test(url))?.need ?? ['admin']
}

/** Whose a session or a photo is; undefined where there is none. */
export interface Owners {
  session(id: string): Promise<string | null | undefined>
  frame(id: string): Promise<string | null | undefined>
}

/** Adds the guard to a server before its routes. */
export function guardRoutes(app: FastifyInstance, access: Access, owners: Owners): void {
  app.decorateRequest('principal', null as unknown as Principal)
  app.addHook('onRequest', async (request) => {
    request.principal = ANONYMOUS
    const from = { origin: single(request.headers.origin), host: single(request.headers.host), ip: request.ip }
    access.checkOrigin(from)
    if (request.is404) return
    const need = needOf(request.method, request.routeOptions.url ?? '', request.routeOptions.config.access)
    if (need === null) return
    const principal = access.authenticate({ ...from, credential: anyCredential(request) })
    access.require(principal, need, request.ip)
    if (principal.keep === false && need.includes('live') && !request.routeOptions.config.forgets) throw keepsNothing()
    access.spend(principal, 'requests', request.ip)
    if (/^\/vision\//.test(request.routeOptions.url ?? '') && request.method === 'POST')
      access.spend(principal, 'photos', request.ip)
    if (request.routeOptions.url === '/sessions' && request.method === 'POST') access.spend(principal, 'sessions', request.ip)
    request.principal = principal
    await requireOwn(request, owners)
  })
}

const keepsNothing = (): VigiaError =>
  new VigiaError('forbidden', 'Nothing that comes with this key may be kept, and this route keeps what it gets.', {
    hint: 'Use the Gemini, OpenAI or Deepgram API, or a key made without --no-store.',
  })

/** What belongs to another owner is not there, whatever route asks. */
async function requireOwn(request: FastifyRequest, owners: Owners): Promise<void> {
  const url = request.routeOptions.url ?? ''
  const { id } = request.params as { id?: string }
  if (request.principal.seesAll || id === undefined) return
  if (/^\/sessions\/:id(\/|$)/.test(url) && (await owners.session(id)) !== request.principal.owner) {
    throw noSuchSession()
  }
  if (/^\/vision\/frames\/:id(\/|$)/.test(url) && (await owners.frame(id)) !== request.principal.owner) {
    throw new VigiaError('frame_not_found', 'There is no photo with this id.')
  }
}

/** For the routes of compatible APIs: their sockets and posts record, the rest only needs a good key. */
export function compatNeeds(route: RouteOptions & { websocket?: boolean }): void {
  const reads = !route.websocket && [route.method].flat().every((method) => method === 'GET' || method === 'HEAD')
  route.config = { access: reads ? [] : ['live'], forgets: true, ...route.config }
}

/** A key in any of the places where clients of the four APIs put it. */
function anyCredential(request: FastifyRequest): string | null {
  const own = credentialOf(request.headers)
  if (own !== null && own !== '') return own
  return credentialsOf({ url: request.url, headers: request.headers }).key ?? own
}

/**
 * The owner to filter by; undefined where the caller sees everything.
 *
 * @throws VigiaError `unauthorized` where no guard ran
 */
export function ownerFilter(request: FastifyRequest): string | undefined {
  const principal = request.principal as Principal | undefined
  if (!principal) throw new VigiaError('unauthorized', 'The request was not authenticated.')
  return principal.seesAll ? undefined : (principal.owner ?? '')
}

const single = (header: string | string[] | undefined): string | undefined => (Array.isArray(header) ? header[0] : header)

/**
 * The caller of a socket whose route let everybody in, because its clients are told by a close code that their key is wrong.
 *
 * @throws VigiaError `origin_not_allowed`, `unauthorized`, `forbidden`, `rate_limited`
 */
export function socketPrincipal(access: Access, request: FastifyRequest, credential: string | null): Principal {
  const from = { origin: single(request.headers.origin), host: single(request.headers.host), ip: request.ip }
  const principal = access.authenticate({ ...from, credential })
  access.require(principal, ['live'], request.ip)
  access.spend(principal, 'sessions', request.ip)
  return principal
}
