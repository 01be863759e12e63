import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { VigiaError } from '@vigia/protocol'
import { parse as parseYaml } from 'yaml'
import type { z } from 'zod'
import { describeIssue } from './issues.ts'
import { type Config, ConfigSchema } from './schema.ts'
import { fromEnv, fromFile, fromFlags, type Setting } from './sources.ts'

/** Reads the configuration once: flags win over `VIGIA_` variables, over the file, over defaults. */

/** The configuration with the source of each value that was set; what is not listed is a default. */
export interface LoadedConfig {
  /** Deeply frozen. */
  config: Config
  /** Path → where the value came from: `--port`, `VIGIA_PORT`, `vigia.yaml`. */
  sources: ReadonlyMap<string, string>
}

export interface ConfigSources {
  /** Option name without dashes → value; `config` names the file. */
  flags?: Record<string, string | boolean | undefined>
  env?: Record<string, string | undefined>
  /** Where relative paths start and where `vigia.yaml` is looked for. */
  cwd?: string
}

const DEFAULT_FILES = ['vigia.yaml', 'vigia.yml', 'vigia.json']

/** @throws VigiaError `config_invalid` with path, source, expected and got of every mistake */
export function loadConfig({ flags = {}, env = {}, cwd = process.cwd() }: ConfigSources = {}): LoadedConfig {
  const { config: flagFile, ...settingFlags } = flags
  const file = readConfigFile(typeof flagFile === 'string' ? flagFile : env.VIGIA_CONFIG || undefined, cwd)
  const fromVariables = fromEnv(env)
  const fromOptions = fromFlags(settingFlags)
  const settings = [...file, ...fromVariables.settings, ...fromOptions.settings]
  const unknown = [...fromVariables.unknown, ...fromOptions.unknown].map(({ name }) => `${name}: no such setting`)

  const sources = new Map(settings.map(({ path, source }) => [path, source]))
  const result = ConfigSchema.safeParse(nest(settings))
  const mistakes = result.success
    ? []
    : result.error.issues.flatMap((issue) => describeIssue(issue as z.core.$ZodIssue, settings))
  if (!result.success || unknown.length > 0) throw invalid([...unknown, ...mistakes])
  const config = { ...result.data, dataDir: resolve(cwd, result.data.dataDir) }
  return { config: deepFreeze(config), sources }
}

function invalid(mistakes: string[]): VigiaError {
  return new VigiaError('config_invalid', mistakes.join('\n'), {
    hint: 'Every setting with its range and default is in docs/configuration.md; "vigia config" prints the values in use.',
  })
}

function readConfigFile(named: string | undefined, cwd: string): Setting[] {
  for (const name of named ? [named] : DEFAULT_FILES) {
    const text = readText(resolve(cwd, name), named !== undefined)
    if (text !== null) return parseFile(text, name)
  }
  return []
}

function readText(path: string, mustExist: boolean): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    if (!mustExist && (cause as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new VigiaError('config_invalid', `Expected a readable configuration file, got ${(cause as Error).message}.`, { cause })
  }
}

/** JSON is YAML too. */
function parseFile(text: string, name: string): Setting[] {
  let document: unknown
  try {
    document = parseYaml(text)
  } catch (cause) {
    throw new VigiaError('config_invalid', `${name}: expected YAML or JSON, got ${(cause as Error).message}`, { cause })
  }
  if (document === null || document === undefined) return []
  if (typeof document !== 'object' || Array.isArray(document)) {
    throw new VigiaError(
      'config_invalid',
      `${name}: expected settings by name, got ${Array.isArray(document) ? 'a list' : typeof document}.`,
    )
  }
  return fromFile(document, name)
}

type Tree = { [key: string]: unknown }

/** Settings by path → nested object without prototypes; later ones win. */
function nest(settings: readonly Setting[]): Tree {
  const root: Tree = Object.create(null)
  for (const { path, value } of settings) {
    const keys = path.split('.')
    const last = keys.pop()!
    let node = root
    for (const key of keys) node = child(node, key)
    node[last] = value
  }
  return root
}

function child(node: Tree, key: string): Tree {
  const present = node[key]
  if (present !== null && typeof present === 'object') return present as Tree
  const made: Tree = Object.create(null)
  node[key] = made
  return made
}

function deepFreeze<T>(value: T): T {
  if (value !== null && typeof value === 'object') {
    for (const child of Object.values(value)) deepFreeze(child)
    Object.freeze(value)
  }
  return value
}
