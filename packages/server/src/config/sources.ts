import { parse as parseYaml } from 'yaml'
import { LEAVES, type Leaf, OPEN_PARTS, variableOf } from './leaves.ts'

/** Turns flags, variables and a file's content into settings by path, each with the name of where it came from. */

export interface Setting {
  path: string
  value: unknown
  /** For people: `--port`, `VIGIA_PORT`, `vigia.yaml`. */
  source: string
}

/** A setting that does not exist. */
export interface UnknownSetting {
  name: string
  hint?: string
}

export interface Settings {
  settings: Setting[]
  unknown: UnknownSetting[]
}

/** Variables of our prefix that are no settings: where the config file is, and what test runs and the launcher use. */
const OTHER_VARIABLES = /^VIGIA_(CONFIG|SHARED|NODE|TEST_\w+|BENCH_\w+|OPENAI_(ASR_|TTS_)?URL|GITHUB_ENDPOINT)$/
/** What Kubernetes sets for a service called `vigia`: `VIGIA_SERVICE_HOST`, `VIGIA_PORT_8000_TCP_ADDR` … */
const SERVICE_LINK = /^VIGIA_(SERVICE_(HOST|PORT)\w*|PORT_\d+_\w+)$/

const camel = (name: string): string =>
  name.toLowerCase().replace(/[-_]+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())

/** Text as the type of the setting wants it; what does not fit stays text, for the schema to complain about. */
function typed(text: string, type: Leaf['type']): unknown {
  if (type === 'boolean') return { true: true, false: false, 1: true, 0: false }[text.toLowerCase()] ?? text
  if (type === 'string') return text
  return text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text
}

/** Adapters' settings have no types here: read as YAML scalars, so that `8` is a number and `true` a boolean. */
function guessed(text: string): unknown {
  try {
    const value: unknown = parseYaml(text)
    return value === null || typeof value === 'object' ? text : value
  } catch {
    return text
  }
}

/** @param flags - option name without dashes → text (or true/false of a boolean flag), as `util.parseArgs` gives them */
export function fromFlags(flags: Record<string, string | boolean | undefined>): Settings {
  const result: Settings = { settings: [], unknown: [] }
  for (const [name, value] of Object.entries(flags)) {
    if (value === undefined) continue
    const flag = `--${name}`
    const leaf = LEAVES.find((candidate) => candidate.flag === flag)
    const part = OPEN_PARTS.find((candidate) => name.startsWith(`${candidate.path}.`))
    if (leaf)
      result.settings.push({ path: leaf.path, value: typeof value === 'string' ? typed(value, leaf.type) : value, source: flag })
    else if (part) {
      const rest = name
        .slice(part.path.length + 1)
        .split('.')
        .map(camel)
      const path = [part.path, ...rest].join('.')
      result.settings.push({ path, value: typeof value === 'string' ? guessed(value) : value, source: flag })
    } else result.unknown.push({ name: flag })
  }
  return result
}

/** Reads `VIGIA_…` variables; empty ones count as not set. */
export function fromEnv(env: Record<string, string | undefined>): Settings {
  const result: Settings = { settings: [], unknown: [] }
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith('VIGIA_') || !text || OTHER_VARIABLES.test(name) || isServiceLink(name, text)) continue
    const leaf = LEAVES.find((candidate) => candidate.variable === name)
    const part = OPEN_PARTS.find((candidate) => name.startsWith(`${variableOf(candidate.path)}_`))
    if (leaf) result.settings.push({ path: leaf.path, value: typed(text, leaf.type), source: name })
    else if (part) {
      const key = camel(name.slice(variableOf(part.path).length + 1))
      result.settings.push({ path: `${part.path}.${key}`, value: guessed(text), source: name })
    } else result.unknown.push({ name })
  }
  return result
}

function isServiceLink(name: string, text: string): boolean {
  return SERVICE_LINK.test(name) || (name === 'VIGIA_PORT' && /^(tcp|udp):\/\//.test(text))
}

/** Every value of a parsed file, leaf by leaf; keys that do not exist are found by the schema. */
export function fromFile(document: unknown, source: string): Setting[] {
  const settings: Setting[] = []
  const visit = (value: unknown, path: string): void => {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      for (const [key, child] of Object.entries(value)) visit(child, path ? `${path}.${key}` : key)
    } else if (value !== null && value !== undefined) settings.push({ path, value, source })
  }
  visit(document, '')
  return settings
}
