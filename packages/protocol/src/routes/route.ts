import type { z } from 'zod'
import type { ErrorCode } from '../errors.ts'

/** How a route of the HTTP API is written down. */

/** One answer of a route. A string `type` without schema is a body of that media type. */
export interface RouteAnswer {
  description: string
  type?: string
  schema?: z.ZodType
}

/** One route. `path` is written as OpenAPI does: `/sessions/{id}`. */
export interface HttpRoute {
  method: 'get' | 'post' | 'patch' | 'delete'
  path: string
  tag: 'sessions' | 'vision' | 'operations'
  summary: string
  query?: z.ZodType
  headers?: Record<string, string>
  /** Request bodies by media type; an empty object schema stands for raw bytes. */
  body?: Record<string, z.ZodType | null>
  answers: Record<number, RouteAnswer>
  errors: readonly ErrorCode[]
}

export const ok = (description: string, schema: z.ZodType): Record<number, RouteAnswer> => ({ 200: { description, schema } })
export const file = (description: string, type: string): Record<number, RouteAnswer> => ({ 200: { description, type } })
export const done: Record<number, RouteAnswer> = { 204: { description: 'done' } }
