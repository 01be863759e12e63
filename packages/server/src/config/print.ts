import { LEAVES, OPEN_PARTS } from './leaves.ts'
import type { LoadedConfig } from './load.ts'

/** Settings as `vigia config` prints them: path, value, where it came from. Secrets are masked. */

const SECRET = /(key|token|secret|password)$/i

export interface PrintedSetting {
  path: string
  value: unknown
  source: string
}

function at(root: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], root)
}

/** Every setting in schema order, with the source of its value. */
export function listSettings({ config, sources }: LoadedConfig): PrintedSetting[] {
  const settings = LEAVES.map(({ path }) => ({ path, value: at(config, path), source: sources.get(path) ?? 'default' }))
  const adapters = OPEN_PARTS.flatMap((part) =>
    flatten(at(config, part.path), part.path).map(([path, value]) => ({
      path,
      value: SECRET.test(path) ? '•••' : value,
      source: sources.get(path) ?? 'default',
    })),
  )
  return [...settings, ...adapters]
}

function flatten(value: unknown, path: string): [string, unknown][] {
  if (value === undefined) return []
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [[path, value]]
  return Object.entries(value).flatMap(([key, child]) => flatten(child, `${path}.${key}`))
}
