import { z } from 'zod'
import { CLIENT_MESSAGES } from './client-messages.ts'
import { EngineInfo, Segment, Word } from './common.ts'
import { Accepted, FrameBody, HttpError, SearchResult, SessionList, TranscriptDocument } from './http.ts'
import { Danger, Observation } from './observation.ts'
import { ActionItem, Finding, Report, TranscriptItem } from './report.ts'
import { SERVER_MESSAGES } from './server-messages.ts'
import { SessionDetail, SessionSummary, TimelineItem } from './session.ts'

/** JSON Schema (2020-12) of every message and document, generated from the zod schemas. */

export type JsonSchema = Record<string, unknown>

const DOCUMENTS = {
  Accepted,
  ActionItem,
  Danger,
  EngineInfo,
  Finding,
  FrameBody,
  HttpError,
  Observation,
  Report,
  SearchResult,
  Segment,
  SessionDetail,
  SessionList,
  SessionSummary,
  TimelineItem,
  TranscriptDocument,
  TranscriptItem,
  Word,
}

const pascal = (type: string): string => type.replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())

/** Name of a message's schema: `config_ack` → `ServerConfigAck`. */
export const messageSchemaName = (side: 'Client' | 'Server', type: string): string => `${side}${pascal(type)}`

function register(): { name: string; schema: z.ZodType }[] {
  return [
    ...Object.entries(DOCUMENTS).map(([name, schema]) => ({ name, schema })),
    ...Object.entries(CLIENT_MESSAGES).map(([type, schema]) => ({ name: messageSchemaName('Client', type), schema })),
    ...Object.entries(SERVER_MESSAGES).map(([type, schema]) => ({ name: messageSchemaName('Server', type), schema })),
  ]
}

/**
 * Every named schema, with `$ref`s between them.
 *
 * @param base - where the schemas stand: `#/components/schemas/` inside OpenAPI and AsyncAPI
 */
export function namedSchemas(base = '#/components/schemas/'): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>()
  for (const { name, schema } of register()) registry.add(schema, { id: name })
  const { schemas } = z.toJSONSchema(registry, { uri: (id) => `${base}${id}`, io: 'input', unrepresentable: 'any' })
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, plain(schema as JsonSchema)]))
}

/** The schema of one type, standing alone, or a `$ref` when it has a name. */
export function schemaOf(schema: z.ZodType, base = '#/components/schemas/'): JsonSchema {
  const named = register().find((entry) => entry.schema === schema)
  if (named) return { $ref: `${base}${named.name}` }
  return plain(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema)
}

function plain({ $schema: _, $id: __, ...rest }: JsonSchema): JsonSchema {
  return rest
}
