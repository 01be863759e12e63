import { z } from 'zod'

/** Keys, tokens and the audit log over HTTP. */

export const AccessScope = z.enum(['live', 'read', 'admin'])

export const TokenBody = z.strictObject({
  scopes: z.array(AccessScope).min(1).default(['live']).describe('never more than those of the key that asks'),
  lifetime_s: z.number().int().min(1).max(86_400).default(60),
  once: z.boolean().default(true).describe('good for one request or one socket'),
  origin: z.string().max(300).optional().describe('the only web origin that may use it'),
})
export type TokenBody = z.infer<typeof TokenBody>

export const AccessToken = z.object({ token: z.string(), expires_at: z.string(), scopes: z.array(AccessScope) })
export type AccessToken = z.infer<typeof AccessToken>

export const Me = z.object({
  owner: z.string().nullable().describe('id of the key; null on an open server'),
  scopes: z.array(AccessScope),
  open: z.boolean().describe('requests need no key'),
})
export type Me = z.infer<typeof Me>

export const AuditPageQuery = z.strictObject({
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
})

export const AuditPage = z.object({
  rows: z.array(
    z.object({
      seq: z.number().int(),
      at: z.string(),
      key_id: z.string().nullable(),
      action: z.string(),
      object: z.string().nullable().describe('a session stands as the first 16 hex digits of the SHA-256 of its id'),
      result: z.string(),
      ip: z.string().nullable(),
    }),
  ),
  intact: z.boolean().describe('no row was changed or taken out'),
})
