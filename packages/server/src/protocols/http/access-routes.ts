import { AuditPageQuery, TokenBody } from '@vigia/protocol'
import type { FastifyInstance } from 'fastify'
import type { Access } from '../../access/access.ts'
import type { Store } from '../../store/store.ts'
import { parseRequest } from './validate.ts'

/** Who am I, a short-lived token for a browser or a phone, and the audit log. */

export interface AccessRouteDeps {
  access: Access
  store: Pick<Store, 'audit'>
}

export function accessRoutes(app: FastifyInstance, { access, store }: AccessRouteDeps): void {
  app.get('/access/me', async ({ principal }) => ({
    owner: principal.owner,
    scopes: principal.scopes,
    open: access.isOpen,
  }))

  app.post('/access/tokens', async (request, reply) => {
    const { scopes, lifetime_s, once, origin } = parseRequest(TokenBody, request.body, 'body')
    const wanted = { scopes, lifetimeMs: lifetime_s * 1000, once, ...(origin === undefined ? {} : { origin }) }
    const issued = access.issue(request.principal, wanted, request.ip)
    reply.code(201).header('cache-control', 'no-store')
    return { token: issued.token, expires_at: new Date(issued.expiresMs).toISOString(), scopes: issued.scopes }
  })

  app.get('/audit', async (request) => {
    const page = parseRequest(AuditPageQuery, request.query, 'query')
    const rows = await store.audit.list(page)
    return {
      rows: rows.map(({ keyId, ...row }) => ({ ...row, key_id: keyId })),
      intact: (await store.audit.verify()).brokenAt === null,
    }
  })
}
