import { describe, expect, it } from 'vitest'
import { asyncApiDocument } from './asyncapi.ts'
import { CLIENT_MESSAGES, ClientMessage } from './client-messages.ts'
import { namedSchemas } from './json-schema.ts'
import { openApiDocument } from './openapi.ts'
import { HTTP_ROUTES } from './routes.ts'
import { SERVER_MESSAGES, ServerMessage } from './server-messages.ts'

function refs(value: unknown): string[] {
  if (value === null || typeof value !== 'object') return []
  return Object.entries(value).flatMap(([key, child]) => (key === '$ref' ? [String(child)] : refs(child)))
}

function resolve(document: unknown, ref: string): unknown {
  return ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], document)
}

describe('generated descriptions', () => {
  it.each([
    ['OpenAPI', openApiDocument('1.2.3')],
    ['AsyncAPI', asyncApiDocument('1.2.3')],
  ])('%s resolves every reference inside itself', (_, document) => {
    const all = refs(document)
    expect(all.length).toBeGreaterThan(20)
    for (const ref of all) expect(resolve(document, ref), ref).toBeDefined()
  })

  it('OpenAPI has every route of the table with an operation id of its own', () => {
    const { paths } = openApiDocument('1.2.3') as { paths: Record<string, Record<string, { operationId: string }>> }
    const ids = HTTP_ROUTES.map((route) => paths[route.path]![route.method]!.operationId)
    expect(new Set(ids).size).toBe(HTTP_ROUTES.length)
  })

  it('OpenAPI turns path parameters and query schemas into parameters', () => {
    const document = openApiDocument('1.2.3') as {
      paths: Record<string, Record<string, { parameters: { name: string; in: string }[] }>>
    }
    const names = (path: string) => document.paths[path]!.get!.parameters.map((p) => `${p.in} ${p.name}`)
    expect(names('/sessions')).toEqual(['query state', 'query before', 'query limit'])
    expect(names('/sessions/{id}/events')).toEqual(['path id', 'header Last-Event-ID'])
  })

  it('names a schema for every message of both sides', () => {
    const names = Object.keys(namedSchemas())
    expect(names.filter((name) => name.startsWith('Client')).length).toBe(Object.keys(CLIENT_MESSAGES).length)
    expect(names.filter((name) => /^Server/.test(name)).length).toBe(Object.keys(SERVER_MESSAGES).length)
  })

  it('keeps the message tables and the discriminated unions equal', () => {
    const types = (union: { options: readonly { shape: { type: { value: string } } }[] }) =>
      union.options.map((o) => o.shape.type.value)
    expect(types(ClientMessage as never)).toEqual(Object.keys(CLIENT_MESSAGES))
    expect(types(ServerMessage as never)).toEqual(Object.keys(SERVER_MESSAGES))
  })
})
