import { isObject } from '../compat/read.ts'

/**
 * Protobuf's JSON takes `snake_case` and `camelCase` alike. Keys of the user's own data (arguments, results, JSON Schemas, property
 * names) are left as they are.
 */

/** Under these keys everything is the user's. */
const OPAQUE = new Set(['args', 'response', 'responseJsonSchema', 'parametersJsonSchema', 'labels', 'default', 'example'])
/** The keys under these are the user's, what they hold is not. */
const NAMES = new Set(['properties', '$defs', 'defs'])

const camel = (key: string): string => key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

export function camelCased(value: unknown, depth = 0): unknown {
  if (depth > 64) return value
  if (Array.isArray(value)) return value.map((item) => camelCased(item, depth + 1))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      const name = camel(key)
      if (OPAQUE.has(name)) return [name, child]
      if (NAMES.has(name) && isObject(child)) {
        return [name, Object.fromEntries(Object.entries(child).map(([own, one]) => [own, camelCased(one, depth + 2)]))]
      }
      return [name, camelCased(child, depth + 1)]
    }),
  )
}
