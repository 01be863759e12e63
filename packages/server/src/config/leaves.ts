import { z } from 'zod'
import { ConfigSchema } from './schema.ts'

/** One setting, read from the schema: what flags, variables and the docs page are made of. */
export interface Leaf {
  /** `endpointing.minSilenceMs` */
  path: string
  /** `--endpointing.min-silence-ms` */
  flag: string
  /** `VIGIA_ENDPOINTING_MIN_SILENCE_MS` */
  variable: string
  type: 'string' | 'integer' | 'number' | 'boolean'
  /** Allowed values of a closed set. */
  values?: readonly string[]
  min?: number
  max?: number
  fallback?: unknown
  description: string
}

/** A part of the configuration whose keys belong to an adapter: `engines.llm`. */
export interface OpenPart {
  path: string
  description: string
}

interface Node {
  type?: string
  properties?: Record<string, Node>
  additionalProperties?: unknown
  enum?: string[]
  minimum?: number
  maximum?: number
  default?: unknown
  description?: string
}

const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

/** `endpointing.minSilenceMs` → `--endpointing.min-silence-ms` */
export const flagOf = (path: string): string => `--${kebab(path)}`

/** `endpointing.minSilenceMs` → `VIGIA_ENDPOINTING_MIN_SILENCE_MS` */
export const variableOf = (path: string): string => `VIGIA_${kebab(path).replace(/[.-]/g, '_').toUpperCase()}`

function toLeaf(path: string, node: Node): Leaf {
  return {
    path,
    flag: flagOf(path),
    variable: variableOf(path),
    type: node.type as Leaf['type'],
    ...(node.enum ? { values: node.enum } : {}),
    ...(node.minimum === undefined ? {} : { min: node.minimum }),
    ...(node.maximum === undefined ? {} : { max: node.maximum }),
    ...(node.default === undefined ? {} : { fallback: node.default }),
    description: node.description ?? '',
  }
}

function walk(node: Node, path: string, leaves: Leaf[], open: OpenPart[]): void {
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const at = path ? `${path}.${key}` : key
    if (child.type !== 'object') leaves.push(toLeaf(at, child))
    else if (child.additionalProperties === false) walk(child, at, leaves, open)
    else open.push({ path: at, description: child.description ?? '' })
  }
}

function read(): { leaves: Leaf[]; open: OpenPart[] } {
  const leaves: Leaf[] = []
  const open: OpenPart[] = []
  walk(z.toJSONSchema(ConfigSchema) as Node, '', leaves, open)
  return { leaves, open }
}

/** Every setting in schema order, and the parts whose keys belong to adapters. */
export const { leaves: LEAVES, open: OPEN_PARTS } = read()
