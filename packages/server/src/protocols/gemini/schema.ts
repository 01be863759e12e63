import { isObject, type Json, list } from '../compat/read.ts'

/** Gemini's schema (a subset of OpenAPI: upper-case types, `nullable`, limits as digits in strings) as JSON Schema. Pure. */

const LIMITS = ['minItems', 'maxItems', 'minLength', 'maxLength', 'minProperties', 'maxProperties', 'minimum', 'maximum'] as const
const KEPT = ['description', 'title', 'pattern', 'required'] as const
/** Formats that JSON Schema does not know are left out. */
const FORMATS = new Set(['date-time', 'date', 'time', 'duration', 'email', 'uri', 'uuid', 'ipv4', 'ipv6'])

export function toJsonSchema(schema: unknown, depth = 0): Json {
  if (!isObject(schema) || depth > 32) return {}
  const out: Json = {}
  const type = typeof schema.type === 'string' ? schema.type.toLowerCase() : undefined
  if (type && type !== 'type_unspecified') out.type = schema.nullable === true ? [type, 'null'] : type
  for (const key of KEPT) if (schema[key] !== undefined) out[key] = schema[key]
  for (const key of LIMITS) if (schema[key] !== undefined && Number.isFinite(Number(schema[key]))) out[key] = Number(schema[key])
  if (Array.isArray(schema.enum)) out.enum = schema.nullable === true ? [...schema.enum, null] : schema.enum
  if (typeof schema.format === 'string' && FORMATS.has(schema.format)) out.format = schema.format
  if (schema.anyOf !== undefined) out.anyOf = list(schema.anyOf).map((one) => toJsonSchema(one, depth + 1))
  if (schema.items !== undefined) out.items = toJsonSchema(schema.items, depth + 1)
  if (isObject(schema.properties)) out.properties = ordered(schema, depth)
  return out
}

/** `propertyOrdering` decides the order in which a model writes the properties. */
function ordered(schema: Json, depth: number): Json {
  const properties = schema.properties as Json
  const first = list(schema.propertyOrdering).filter((name): name is string => typeof name === 'string' && name in properties)
  const names = [...new Set([...first, ...Object.keys(properties)])]
  return Object.fromEntries(names.map((name) => [name, toJsonSchema(properties[name], depth + 1)]))
}
