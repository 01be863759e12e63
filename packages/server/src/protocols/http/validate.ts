import { VigiaError } from '@vigia/protocol'
import type { z } from 'zod'

/** Checks what came with a request. @throws VigiaError `invalid_request` naming field, expected and got */
export function parseRequest<S extends z.ZodType>(schema: S, value: unknown, where: 'query' | 'body' | 'form'): z.output<S> {
  const result = schema.safeParse(value ?? {})
  if (result.success) return result.data
  const mistakes = result.error.issues.map((issue) => `${[where, ...issue.path].join('.')}: ${issue.message}`)
  throw new VigiaError('invalid_request', mistakes.join('; '), { hint: 'The fields of every route are at /docs.' })
}
