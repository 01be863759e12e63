import { ERROR_CODES, type ErrorCode } from './errors.ts'
import { HttpError } from './http.ts'
import { type JsonSchema, namedSchemas, schemaOf } from './json-schema.ts'
import { HTTP_ROUTES, type HttpRoute, type RouteAnswer } from './routes.ts'

/** OpenAPI 3.1 of the native HTTP API, generated from {@link HTTP_ROUTES} and the zod schemas. */

const TITLE = 'Vigía'

/** @param version - of the server */
export function openApiDocument(version: string): JsonSchema {
  const paths: Record<string, Record<string, JsonSchema>> = {}
  for (const route of HTTP_ROUTES) {
    paths[route.path] ??= {}
    paths[route.path]![route.method] = operation(route)
  }
  return {
    openapi: '3.1.0',
    info: { title: TITLE, version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    tags: [{ name: 'sessions' }, { name: 'vision' }, { name: 'operations' }],
    paths,
    components: { schemas: namedSchemas() },
  }
}

function operation(route: HttpRoute): JsonSchema {
  return {
    operationId: operationId(route),
    tags: [route.tag],
    summary: route.summary,
    parameters: [...pathParameters(route.path), ...queryParameters(route), ...headerParameters(route)],
    ...(route.body ? { requestBody: { content: bodies(route.body) } } : {}),
    responses: { ...answers(route.answers), ...errors(route.errors) },
  }
}

function operationId(route: HttpRoute): string {
  const words = route.path.split(/[^A-Za-z0-9]+/).filter(Boolean)
  return route.method + words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')
}

function pathParameters(path: string): JsonSchema[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map((match) => ({
    name: match[1],
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(route: HttpRoute): JsonSchema[] {
  if (!route.query) return []
  const { properties = {}, required = [] } = schemaOf(route.query) as {
    properties?: Record<string, JsonSchema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema,
  }))
}

function headerParameters(route: HttpRoute): JsonSchema[] {
  return Object.entries(route.headers ?? {}).map(([name, description]) => ({
    name,
    in: 'header',
    description,
    schema: { type: 'string' },
  }))
}

function bodies(body: NonNullable<HttpRoute['body']>): JsonSchema {
  return Object.fromEntries(Object.entries(body).map(([type, schema]) => [type, schema ? { schema: schemaOf(schema) } : {}]))
}

function answers(all: Record<number, RouteAnswer>): JsonSchema {
  return Object.fromEntries(
    Object.entries(all).map(([status, { description, type, schema }]) => {
      if (schema) return [status, { description, content: { 'application/json': { schema: schemaOf(schema) } } }]
      return [status, type ? { description, content: { [type]: {} } } : { description }]
    }),
  )
}

/** Error answers by status; several codes may share one. */
function errors(codes: readonly ErrorCode[]): JsonSchema {
  const byStatus = Map.groupBy(codes, (code) => ERROR_CODES[code].http)
  const content = { 'application/json': { schema: schemaOf(HttpError) } }
  const listed = [...byStatus].map(([status, list]) => [status, { description: list.join(', '), content }])
  return { ...Object.fromEntries(listed), default: { description: 'any other error', content } }
}
